// A partner's office reads why a line came back and answers it, and appeals against a refusal once; on a phone, too.
import assert from "node:assert/strict";
import { Office } from "../../../phone/tests/browser/office.mjs";
import { claimInReview, linesOf } from "./claims.mjs";
import { scenario } from "./desk.mjs";

const office = new Office();

async function decide(claim, kind, decision, reason) {
  const { lines } = await linesOf(office, claim.id);
  return office.ask("rex", "/claims/decide", {
    claim_id: claim.id,
    lines: [{ line_id: lines[kind].id, decision, reason }],
  });
}

for (const [language, size, words] of [
  ["en-GB", "wide", { answer: "Answer", appeal: "Appeal", missing: "evidence is missing", sent: "sent" }],
  ["zh-CN", "phone", { answer: "答复", appeal: "申诉", missing: "证据缺失", sent: "已发送" }],
]) {
  const claim = await claimInReview(office);
  await decide(claim, "labour", "send_back", "evidence-missing");
  await decide(claim, "travel", "refuse", "excessive-travel").catch(() =>
    decide(claim, "travel", "refuse", "duplicate"),
  );
  await scenario(
    `answering and appealing, ${language}, ${size}`,
    async (desk) => {
      const { page } = desk;
      await desk.signIn("pam");
      await desk.show("#/claims");
      await page.getByRole("link", { name: String(claim.number) }).click();
      await desk.settled();
      await page.getByText(words.missing).first().waitFor();
      await page.getByText(`J-${claim.job.number}`).waitFor();
      for (const [word, note] of [
        [words.answer, "The trip back is in it, see the log"],
        [words.appeal, "The bridge was closed that day"],
      ]) {
        await page.getByRole("button", { name: word, exact: true }).click();
        await page.locator("dialog textarea").fill(note);
        await page.locator("dialog button[type=submit]").click();
        await page.locator("p.notice", { hasText: words.sent }).waitFor();
        await desk.settled();
      }
      await page.getByRole("button", { name: words.appeal, exact: true }).first().waitFor({ state: "detached" });
      const { lines } = await linesOf(office, claim.id);
      assert.deepEqual(
        [lines.labour.state, lines.travel.state, lines.travel.appealed],
        ["in_review", "in_review", true],
      );
    },
    { language, size },
  );
}
