// A manager at work: claims are paid, a warranty change approved, a partner authorised, a programme made: managing.mjs LANGUAGE SIZE
import assert from "node:assert/strict";
import { Office } from "../../../phone/tests/browser/office.mjs";
import { until } from "../../../scripts/until.mjs";
import { claimInReview } from "./claims.mjs";
import { scenario } from "./desk.mjs";

const [language = "zh-CN", size = "phone"] = process.argv.slice(2);
const words = {
  "en-GB": {
    mark: "Mark all shown",
    look: /^Look at the sums/,
    paid: "Paid:",
    decide: "Decide",
    authorise: "Authorise a partner",
    end: "End",
    honey: "Add a honey serial",
    remove: "Remove",
    watch: "Set other numbers",
    add: "Add a programme",
    assign: "Give to a programme",
    suspend: "Suspend",
    resume: "Let work again",
  },
  "zh-CN": {
    mark: "全选",
    look: /^查看合计/,
    paid: "已付款：",
    decide: "审核",
    authorise: "授权服务商",
    end: "终止",
    honey: "添加诱饵序列号",
    remove: "移除",
    watch: "更改限额",
    add: "添加保修政策",
    assign: "更换保修政策",
    suspend: "暂停合作",
    resume: "恢复合作",
  },
}[language];
const office = new Office();
const options = { language, size };

const claim = await claimInReview(office);
await office.ask("rex", "/claims/decide", {
  claim_id: claim.id,
  lines: [],
  others: { decision: "approve", reason: "evidence-convincing" },
});

await scenario(
  `paying, and changing a unit's cover, ${language}, ${size}`,
  async (desk) => {
    const { page } = desk;
    await until("the claim is scored", async () =>
      (await office.ask("marek", "/claims/payable?limit=200")).items.some((one) => one.id === claim.id),
    );
    await desk.signIn("marek");
    await desk.show("#/payments");
    await desk.press(words.mark);
    await page.getByRole("button", { name: words.look }).click();
    await desk.send();
    await page.locator("p.notice", { hasText: words.paid }).waitFor();
    assert.equal((await office.ask("marek", `/claims/${claim.id}`)).claim.state, "paid");

    const { claim: card } = await office.ask("marek", `/claims/${claim.id}`);
    const { unit } = await office.ask("dora", `/units/${card.unit_id}`);
    await office.ask("dora", "/units/correct", {
      unit_id: card.unit_id,
      changes: [{ field: "warranty_end_on", base: unit.warranty_end_on ?? "", value: "2031-12-31" }],
      reason: "The contract was renewed",
    });
    await desk.show("#/changes");
    await page.locator("tr", { hasText: unit.serial }).getByRole("button", { name: words.decide }).click();
    await desk.fill({ reason: "Seen in the contract" });
    await desk.send();
    await page.locator("tr", { hasText: unit.serial }).locator(".state[data-tone=good]").waitFor();
    assert.equal((await office.ask("dora", `/units/${card.unit_id}`)).unit.warranty_end_on, "2031-12-31");
  },
  options,
);

await scenario(
  `authorising, watching, programmes, ${language}, ${size}`,
  async (desk) => {
    const { page } = desk;
    const row = (text) => page.locator("tbody tr", { hasText: text });
    const line = `line-${claim.number}`;
    await desk.signIn("admin");
    await desk.show("#/authorisations");
    await desk.press(words.authorise);
    await desk.fill({ line, region: "north" });
    await desk.send();
    await row(line).getByRole("button", { name: words.end }).click();
    await desk.fill({ reason: "The contract ended" });
    await desk.send();
    const { items } = await office.ask("marek", "/authorisations?limit=200");
    assert.notEqual(items.find((one) => one.product_line === line).to_on, null);

    const partner = { code: `P${claim.number}`, name: "A partner", grade: "C", region: "north", currency: "EUR" };
    await office.ask("marek", "/partners", partner);
    await desk.show("#/jobs");
    await desk.show("#/authorisations");
    for (const what of ["suspend", "resume"]) {
      await row(partner.code).getByRole("button", { name: words[what], exact: true }).click();
      await desk.fill({ reason: "Claims under inquiry" });
      await desk.send();
      await row(partner.code)
        .locator(".state")
        .waitFor({ state: what === "suspend" ? "visible" : "detached" });
    }

    await desk.show("#/alerts");
    await desk.press(words.honey);
    await desk.fill({ serial: `HONEY${claim.number}`, note: "Never sold to anybody" });
    await desk.send();
    await desk.look();
    await row(`HONEY${claim.number}`).getByRole("button", { name: words.remove }).click();
    await desk.fill({ reason: "It is known by now" });
    await desk.send();
    await row(`HONEY${claim.number}`).waitFor({ state: "detached" });
    await desk.press(words.watch);
    await desk.fill({ run_length: "9", reason: "A season of recalls" });
    await desk.send();
    assert.equal((await office.ask("marek", "/watch-limits")).run_length, 9);

    const code = `TRIAL-${claim.number}`;
    await desk.show("#/programmes");
    await desk.press(words.add);
    await desk.fill({ code, name: "A trial" });
    await desk.send();
    await row(code).first().waitFor();
    await desk.press(words.assign);
    await page.locator("dialog select").selectOption({ label: code });
    await desk.fill({ reason: "Sold with the new terms" });
    await desk.send();
    await desk.look();
    const programmes = (await office.ask("marek", "/programmes?limit=200")).items;
    assert.equal(programmes.find((one) => one.code === code).models, 1);
    const { items: models } = await office.ask("marek", "/programmes/models?limit=200");
    const standard = programmes.find((one) => one.code !== code && !one.code.startsWith("TRIAL"));
    const moved = models.find((one) => one.programme_id === programmes.find((of) => of.code === code).id);
    const back = { model_id: moved.id, programme_id: standard.id, reason: "The trial is over" };
    await office.ask("marek", "/programmes/assign", back);
  },
  options,
);
