// axe finds nothing serious on any screen, and none is wider than its window: accessible.mjs LANGUAGE SIZE
import assert from "node:assert/strict";
import { Office } from "../../../phone/tests/browser/office.mjs";
import { claimInReview } from "./claims.mjs";
import { scenario } from "./desk.mjs";
import { SCREENS } from "./screens.mjs";

const [language, size] = process.argv.slice(2);
const office = new Office();
await claimInReview(office);

for (const login of new Set(SCREENS.map((screen) => screen.login)))
  await scenario(
    `every screen of ${login}, ${language}, ${size}`,
    async (desk) => {
      const grave = [];
      await desk.page.goto("/");
      await desk.page.locator("input[name=login]").waitFor();
      grave.push(...(await desk.faults("sign-in")));
      await desk.signIn(login);
      for (const { name, find } of SCREENS.filter((screen) => screen.login === login)) {
        const id = find ? await find((who, path) => office.ask(who, path), login) : "";
        if (id === undefined) continue;
        await desk.show(`#/${name}${id && `/${id}`}`);
        grave.push(...(await desk.faults(name)));
      }
      assert.deepEqual(grave, []);
    },
    { language, size },
  );
