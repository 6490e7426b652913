// The customer's way: the code, the PIN, the report, the PDF, and what the customer says of the visit.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { given, scenario } from "./reader.mjs";

const [code, other] = given.codes;

for (const [language, size, where] of [
  ["en", "phone", code],
  ["zh", "wide", other],
])
  await scenario(
    `a customer collects and answers, ${language}, ${size}`,
    async (reader) => {
      const { page } = reader;
      const main = (selector) => page.locator(`main ${selector}`);
      await page.goto(`/c/${"Z".repeat(26)}`);
      await reader.accessible("being prepared");
      await page.goto(`/c/${where}`);
      await reader.accessible("the PIN");
      await page.fill("#pin", "000 000");
      await main("button").click();
      await page.locator("[role=alert]").waitFor();
      await reader.accessible("a wrong PIN");
      await page.fill("#pin", given.pin);
      await main("button").click();
      await main("fieldset").waitFor();
      await reader.accessible("the report");

      const [download] = await Promise.all([
        page.waitForEvent("download"),
        main("form[action$='.pdf'] button").click(),
      ]);
      assert.match(
        readFileSync(await download.path())
          .subarray(0, 5)
          .toString(),
        /^%PDF-/,
      );

      await main("input[value=wrong]").check();
      await page.fill("#note", "<b>one pump only</b>");
      await main("form[action*='/answer'] button").click();
      await main(".answer.warn").waitFor();
      assert.match(await main(".answer.warn").innerText(), /<b>one pump only<\/b>/);
      await reader.accessible("answered");
      await main("summary").click();
      await main("input[value=happened]").check();
      await main("form[action*='/answer'] button").click();
      await main(".answer.good").waitFor();
      await page.locator("header button").click();
      await main(".answer.good").waitFor();
      assert.equal(await page.locator("html").getAttribute("lang"), language === "en" ? "zh-Hans" : "en");
      const loaded = reader.requests.filter((request) => request.resourceType() !== "document");
      assert.ok(loaded.every((request) => request.url().endsWith("/V/wait.js")));
    },
    { language, size },
  );
