// A manager changes the mode of a rule from a day on, sees what changes before it is saved, and finds it in the history.
import assert from "node:assert/strict";
import { Office } from "../../../phone/tests/browser/office.mjs";
import { scenario } from "./desk.mjs";

const office = new Office();
const [programme] = (await office.ask("marek", "/programmes")).items;

for (const [language, mode, before, after] of [
  ["en-GB", "warn", "review", "warn"],
  ["zh-CN", "block", "提示", "拦截"],
])
  await scenario(
    `changing a mode, ${language}`,
    async (desk) => {
      const { page } = desk;
      await desk.signIn("marek");
      await desk.show(`#/programme/${programme.id}`);
      const look = page.locator(".sticky button");
      assert.equal(await look.isDisabled(), true);
      await page
        .locator("tr", { has: page.getByRole("rowheader", { name: "travel", exact: true }) })
        .locator("select")
        .selectOption(mode);
      await look.click();
      const dialog = page.locator("dialog");
      assert.equal(await dialog.locator("del").innerText(), before);
      assert.equal(await dialog.locator("ins").innerText(), after);
      await dialog.locator("input[name=reason]").fill(`Trial of ${mode}`);
      await dialog.locator("button[type=submit]").click();
      await page.getByRole("cell", { name: `Trial of ${mode}` }).waitFor();
      const versions = await office.ask("marek", `/programmes/versions?programme_id=${programme.id}`);
      assert.equal(versions.items[0].modes.travel, mode);
    },
    { language },
  );
