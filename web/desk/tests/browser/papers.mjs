// Job sheets, labels and reports are printed at the desk: papers.mjs LANGUAGE SIZE
import assert from "node:assert/strict";
import { Office } from "../../../phone/tests/browser/office.mjs";
import { until } from "../../../scripts/until.mjs";
import { claimInReview } from "./claims.mjs";
import { scenario } from "./desk.mjs";

const [language = "en-GB", size = "wide"] = process.argv.slice(2);
const words = {
  "en-GB": {
    print: "Print",
    which: /there is no such serial/,
    find: "Find reports",
    all: /^All \(/,
    none: "Tick at least one.",
  },
  "zh-CN": { print: "打印", which: /没有此序列号/, find: "查找报告", all: /^全部（/, none: "请至少勾选一项。" },
}[language];
const office = new Office();
const { items } = await office.ask("dora", "/units?limit=3");
const claim = await claimInReview(office);
const { visit_id } = await office.ask("rex", `/claims/${claim.id}/evidence`);
const report = await until("the report is printed", async () => {
  const found = await office.ask("rex", `/reports/${visit_id}`);
  return found.rendered_at && found;
});

await scenario(
  `labels and job sheets are printed, ${language}, ${size}`,
  async (desk) => {
    const { page } = desk;
    const card = (at) => page.locator("section.card").nth(at);
    const press = (at) => card(at).getByRole("button", { name: words.print, exact: true }).click();
    /** The bytes at the address of a link, as this person gets them. */
    const fetched = (link) => page.evaluate(async (address) => (await (await fetch(address)).text()).slice(0, 5), link);
    const prints = async () => (await office.ask("dora", "/print-jobs")).items;
    const before = new Set((await prints()).map((one) => one.id));
    /** The address of the file of a kind that was printed in this scenario, and how many documents it holds. */
    const printed = async (what) => {
      const done = (one) => one.what === what && one.state === "done" && !before.has(one.id);
      const { id, printed: count } = await until(`${what} are printed`, async () => (await prints()).find(done));
      const file = `/print-jobs/${id}/file`;
      await page.locator(`tbody a[href="${file}"]`).waitFor();
      return { file, count };
    };
    await desk.signIn("dora");
    await desk.show("#/papers");

    await card(1).locator("textarea").fill("NO-SUCH-SERIAL");
    await press(1);
    await card(1).getByRole("alert").filter({ hasText: words.which }).waitFor();
    await card(1)
      .locator("textarea")
      .fill(items.map((one) => one.serial).join("\n"));
    await card(1).locator("select").selectOption("roll");
    await card(1).locator("input[name=start]").waitFor({ state: "detached" }); // a roll has no first free label
    await card(1).locator("select").selectOption("sheet");
    await card(1).locator("input[name=start]").fill("4");
    await press(1);
    await page.locator("p.notice").waitFor();
    assert.equal(await fetched((await printed("unit-labels")).file), "%PDF-");
    assert.deepEqual(await desk.faults("papers"), []);
    await desk.look();

    // The reports of these days, all of them or those that are ticked, in one file.
    const reports = card(3);
    await reports.getByRole("button", { name: words.find }).click();
    const all = reports.getByLabel(words.all);
    await all.uncheck();
    await press(3);
    await reports.getByRole("alert").filter({ hasText: words.none }).waitFor();
    await reports.getByLabel(new RegExp(`^${report.number} `)).check();
    assert.deepEqual(await desk.faults("reports to print"), []);
    await reports.scrollIntoViewIfNeeded();
    await desk.look();
    await press(3);
    const zip = await printed("reports");
    assert.equal(zip.count, 1);
    assert.match(await fetched(zip.file), /^PK/);

    await press(0);
    await printed("job-sheets");
    // One technician's sheets come at once.
    const crew = card(0).locator("ul input[type=checkbox]");
    await card(0).getByLabel(words.all).uncheck();
    await crew.nth(1).check();
    await card(0).scrollIntoViewIfNeeded();
    await desk.look();
    const [sheets] = await Promise.all([desk.context.waitForEvent("page"), press(0)]);
    assert.match(sheets.url() || "about:blank", /job-sheets|about:blank/);
    await sheets.close();
    await desk.leave();

    await desk.signIn("pam");
    await desk.show("#/papers");
    assert.equal(await page.locator("section.card").count(), 1);
    assert.deepEqual(await desk.faults("partner's papers"), []);
  },
  { language, size },
);
