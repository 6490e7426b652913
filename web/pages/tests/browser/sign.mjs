// A customer who did not sign when the visit ended signs on the report's page: with the pad, or the name alone.
import assert from "node:assert/strict";
import { given, scenario } from "./reader.mjs";

for (const [language, size, where, scripts] of [
  ["en", "phone", given.unsigned[0], true],
  ["zh", "wide", given.unsigned[1], true],
  ["en", "phone", given.unsigned[2], false],
])
  await scenario(
    `a customer signs afterwards, ${language}, ${size}${scripts ? "" : ", without scripts"}`,
    async (reader) => {
      const { page } = reader;
      const form = page.locator("form[action*='/sign']");
      await page.goto(`/c/${where}`);
      await page.fill("#pin", given.pin);
      await page.locator("main button").click();
      await page.fill("#name", "Mia Okafor");
      assert.equal(await page.locator("canvas").isVisible(), scripts);
      if (scripts) {
        await stroke(page, [0.9, 0.9]);
        await page.locator("#pad button").click();
        await stroke(page, [0.7, 0.2]);
        await reader.accessible("a report to sign");
      }
      await form.locator("button").last().click();
      await page.locator(".answer.good[role=status]").waitFor();
      assert.equal(await form.count(), 0);
      if (scripts) await reader.accessible("a report just signed");
    },
    { language, size, scripts },
  );

/** Draws a line from the middle of the pad to a place on it. */
async function stroke(page, [across, down]) {
  const box = await page.locator("canvas").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * across, box.y + box.height * down, { steps: 8 });
  await page.mouse.up();
}
