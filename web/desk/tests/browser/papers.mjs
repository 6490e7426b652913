// Job sheets and labels are printed at the desk: papers.mjs LANGUAGE SIZE
import assert from "node:assert/strict";
import { Office } from "../../../phone/tests/browser/office.mjs";
import { scenario } from "./desk.mjs";

const [language = "en-GB", size = "wide"] = process.argv.slice(2);
const words = {
  "en-GB": { print: "Print", which: /there is no such serial/ },
  "zh-CN": { print: "打印", which: /没有此序列号/ },
}[language];
const office = new Office();
const { items } = await office.ask("dora", "/units?limit=3");

await scenario(
  `labels and job sheets are printed, ${language}, ${size}`,
  async (desk) => {
    const { page } = desk;
    const card = (at) => page.locator("section.card").nth(at);
    const press = (at) => card(at).getByRole("button", { name: words.print, exact: true }).click();
    /** The bytes at the address of a link, as this person gets them. */
    const fetched = (link) => page.evaluate(async (address) => (await (await fetch(address)).text()).slice(0, 5), link);
    await desk.signIn("dora");
    await desk.show("#/papers");

    await card(1).locator("textarea").fill("NO-SUCH-SERIAL");
    await press(1);
    await card(1).getByRole("alert").filter({ hasText: words.which }).waitFor();
    await card(1)
      .locator("textarea")
      .fill(items.map((one) => one.serial).join("\n"));
    await card(1).locator("input[name=start]").fill("4");
    await press(1);
    await page.locator("p.notice").waitFor();
    const file = page.locator('tbody a[href$="/file"]');
    await file.first().waitFor();
    assert.equal(await fetched(await file.first().getAttribute("href")), "%PDF-");
    assert.deepEqual(await desk.faults("papers"), []);
    await desk.look();

    await press(0);
    await file.nth(1).waitFor();
    await card(0).locator("select[name=technician]").selectOption({ index: 1 });
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
