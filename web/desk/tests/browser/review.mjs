// A reviewer finds a claim in the queue and decides every line of it by keyboard alone, in either language.
import assert from "node:assert/strict";
import { Office } from "../../../phone/tests/browser/office.mjs";
import { claimInReview, linesOf } from "./claims.mjs";
import { scenario } from "./desk.mjs";

const office = new Office();

for (const [language, part, saved] of [
  ["en-GB", "45", "approved"],
  ["zh-CN", "30", "已批准"],
]) {
  const claim = await claimInReview(office);
  await scenario(
    `deciding by keyboard, ${language}`,
    async (desk) => {
      const { page } = desk;
      await desk.signIn("rex");
      await desk.show("#/review");
      await page.getByRole("link", { name: String(claim.number) }).click();
      await desk.settled();
      // It names the job, its machine and who was there.
      for (const text of [`J-${claim.job.number}`, claim.job.serial, claim.job.technician])
        await page.locator("main").getByText(text).first().waitFor();
      const current = () => page.locator("tr[aria-current] th").innerText();
      const first = await current();
      await page.keyboard.press("?");
      await page.locator("dialog kbd").first().waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("Enter");
      await page.locator("section [role=alert]").waitFor(); // nothing is decided yet
      await page.keyboard.press("a");
      await page.keyboard.press("j");
      assert.notEqual(await current(), first);
      await page.keyboard.press("p");
      await page.keyboard.type(part);
      await page.keyboard.press("Escape");
      await page.keyboard.press("j");
      await page.keyboard.press("r");
      await page.keyboard.press("6"); // evidence-contradicts
      await page.keyboard.press("j");
      await page.keyboard.press("a");
      await page.keyboard.press("j");
      await page.keyboard.press("a");
      await page.keyboard.press("Enter");
      await page.locator("p.notice", { hasText: saved }).waitFor();
      await desk.settled();
      await page.locator("p.back button").click();
      await page.waitForFunction((id) => !location.hash.includes(id), claim.id);
      await desk.settled();
      assert.equal(await page.locator("main [role=alert]").count(), 0);
      const { state, lines } = await linesOf(office, claim.id);
      assert.equal(state, "approved");
      assert.equal(lines.fault.state, "approved");
      assert.equal(lines.labour.approved_minutes, Number(part));
      assert.equal(lines.travel.state, "refused");
      assert.equal(lines.travel.reason, "evidence-contradicts");
      assert.equal(lines.part.state, "approved");
    },
    { language },
  );
}
