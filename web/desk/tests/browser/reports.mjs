// A report is corrected by the partner's office, approved by ours, and withdrawn: reports.mjs LANGUAGE SIZE
import assert from "node:assert/strict";
import { Office } from "../../../phone/tests/browser/office.mjs";
import { claimInReview } from "./claims.mjs";
import { scenario } from "./desk.mjs";

const [language = "en-GB", size = "wide"] = process.argv.slice(2);
const words = {
  "en-GB": { amend: "Amend", decide: "Decide", approve: "Approve", withdraw: "Withdraw the report" },
  "zh-CN": { amend: "更正", decide: "审核", approve: "批准", withdraw: "作废报告" },
}[language];
const office = new Office();
const claim = await claimInReview(office);
const { visit_id } = (await office.ask("pam", `/claims/${claim.id}`)).claim;
const life = () => office.ask("dora", `/reports/${visit_id}/revisions`);

await scenario(
  `a report is amended and withdrawn, ${language}, ${size}`,
  async (desk) => {
    const { page } = desk;
    await desk.signIn("pam");
    await desk.show(`#/claim/${claim.id}`);
    await page.locator(`main a[href="#/report/${visit_id}"]`).click();
    await desk.settled();
    await desk.press(words.amend);
    await page.locator("dialog[open] textarea[name=notes]").waitFor();
    await desk.fill({
      reason: "The hours were typed twice",
      notes: "Exchanged, tested, cleaned",
      "minutes.labour": "45",
    });
    await page.locator('dialog[open] input[name^="strike.time."]').first().check();
    await desk.send();
    await page.locator("p.notice").waitFor();
    assert.deepEqual(
      (await life()).amendments.map((one) => [one.state, one.two_people]),
      [["waiting", true]],
    );
    await desk.leave();

    await desk.signIn("dora");
    await desk.show("#/reports");
    const row = page.locator("tbody tr", { hasText: "The hours were typed twice" });
    await row.getByRole("button", { name: words.decide }).click();
    await desk.look();
    await desk.press(words.approve);
    await row.waitFor({ state: "detached" });
    await desk.show(`#/report/${visit_id}`);
    await page.locator("ins", { hasText: "Exchanged, tested, cleaned" }).waitFor();
    assert.deepEqual(await desk.faults("report"), []);
    await desk.look();
    const { revisions } = await life();
    assert.deepEqual(
      revisions.map((one) => [one.revision, one.predecessor ?? null]),
      [
        [2, 1],
        [1, null],
      ],
    );
    await desk.leave();

    await desk.signIn("marek");
    await desk.show(`#/report/${visit_id}`);
    await desk.press(words.withdraw);
    await desk.fill({ reason: "It was another machine" });
    await desk.send();
    assert.equal((await life()).state, "withdrawn");
    await desk.look();
  },
  { language, size },
);
