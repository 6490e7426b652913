// Pictures of every screen in both languages: node tests/browser/pictures.mjs FOLDER
import { scenario } from "./phone.mjs";
import { begun, completed, signIn, walk } from "./screens.mjs";

const [folder] = process.argv.slice(2);

for (const [short, language, login] of [
  ["en", "en-GB", "ann"],
  ["zh", "zh-CN", "mei"],
]) {
  const place = await begun(login);
  await scenario(
    async (phone, step) => {
      let turn = 0;
      const take = async (name) => {
        turn += 1;
        const path = `${folder}/${short}-${String(turn).padStart(2, "0")}-${name}.png`;
        await phone.page.screenshot({ path });
      };
      await step(`every screen, ${short}`, async () => {
        await phone.open();
        await phone.page.locator("input[type=password]").waitFor();
        await take("sign-in");
        await signIn(phone.page, login);
        await walk(phone.page, place, take);
        await completed(phone.page, place, take);
      });
    },
    { language, film: `${process.env.LABELS}/${place.serial}.y4m` },
  );
}
