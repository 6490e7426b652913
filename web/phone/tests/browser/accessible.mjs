// axe finds nothing serious on any screen, in either language.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { scenario } from "./phone.mjs";
import { begun, completed, signIn, walk } from "./screens.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const GRAVE = ["serious", "critical"];

for (const [language, login] of [
  ["en-GB", "otto"],
  ["zh-CN", "jun"],
]) {
  const place = await begun(login);
  await scenario(
    async (phone, step) => {
      const grave = [];
      let minor = 0;
      const look = async (name) => {
        // Evaluated by the browser's debugger, which the app's policy does not bind: there is no eval for the page itself.
        await phone.page.evaluate(`globalThis.axe ?? (() => { ${axe} })(); undefined`);
        const { violations } = await phone.page.evaluate(() =>
          globalThis.axe.run(document, { resultTypes: ["violations"] }),
        );
        minor += violations.filter((one) => !GRAVE.includes(one.impact)).length;
        for (const one of violations.filter((found) => GRAVE.includes(found.impact)))
          grave.push(
            `${name}: ${one.id} (${one.impact}) ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`,
          );
      };
      await step(`every screen, ${language}`, async () => {
        await phone.open();
        await phone.page.locator("input[type=password]").waitFor();
        await look("sign-in");
        await signIn(phone.page, login);
        await walk(phone.page, place, look);
        await completed(phone.page, place, look);
        assert.deepEqual(grave, []);
        console.log(`    ${minor} lesser findings`);
      });
    },
    { language, film: `${process.env.LABELS}/${place.serial}.y4m` },
  );
}
