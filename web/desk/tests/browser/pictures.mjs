// Pictures of every screen in both languages and at two widths: node desk/tests/browser/pictures.mjs FOLDER [NAME]
import { Office } from "../../../phone/tests/browser/office.mjs";
import { claimInReview } from "./claims.mjs";
import { Desk } from "./desk.mjs";
import { SCREENS } from "./screens.mjs";

const [folder, only] = process.argv.slice(2);
const office = new Office();
const ask = (login, path) => office.ask(login, path);
await claimInReview(office);
await claimInReview(office);
const wanted = SCREENS.filter(({ name, as }) => !only || (as ?? name) === only);

for (const [short, language] of [
  ["en", "en-GB"],
  ["zh", "zh-CN"],
])
  for (const size of ["wide", "phone"]) {
    const width = size === "wide" ? 1440 : 390;
    for (const login of new Set(wanted.map((screen) => screen.login))) {
      const desk = await Desk.open({ language, size });
      await desk.signIn(login);
      for (const { name, as = name, find } of wanted.filter((screen) => screen.login === login)) {
        const id = find ? await find(ask, login) : "";
        if (id === undefined) continue;
        await desk.show(`#/${name}${id && `/${id}`}`);
        await desk.page.screenshot({ path: `${folder}/desk-${as}-${short}-${width}.png`, fullPage: true });
      }
      await desk.close();
    }
  }
