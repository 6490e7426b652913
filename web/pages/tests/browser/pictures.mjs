// Pictures of every public page in both languages, 390 x 844 and 1440 wide: node pages/tests/browser/pictures.mjs FOLDER
import { appendFileSync, copyFileSync } from "node:fs";
import { given, LANGUAGES, Reader, SIZES } from "./reader.mjs";

const [folder] = process.argv.slice(2);
const changed = `${given.pdf}.changed.pdf`;
copyFileSync(given.pdf, changed);
appendFileSync(changed, "\n");

async function withPin({ page }, code) {
  await page.goto(`/c/${code}`);
  await page.fill("#pin", given.pin);
  await page.locator("main button").click();
  await page.locator("main h2").first().waitFor();
}

const PAGES = {
  form: ({ page }) => page.goto("/V"),
  genuine: ({ page }) => page.goto(given.address),
  superseded: ({ page }) => page.goto(given.superseded),
  withdrawn: ({ page }) => page.goto(given.withdrawn),
  "not-ours": ({ page }) => page.goto("/V/NOTHING"),
  "pdf-unchanged": async ({ page }) => {
    await page.goto(given.address);
    await page.setInputFiles("#pdf", given.pdf);
    await page.locator(".answer.good:visible").waitFor();
  },
  "pdf-changed": async ({ page }) => {
    await page.goto(given.address);
    await page.setInputFiles("#pdf", changed);
    await page.locator(".answer.bad:visible").waitFor();
  },
  preparing: ({ page }) => page.goto(`/c/${"Z".repeat(26)}`),
  pin: ({ page }) => page.goto(`/c/${given.code}`),
  "pin-wrong": async ({ page }) => {
    await page.goto(`/c/${given.code}`);
    await page.fill("#pin", "000000");
    await page.locator("main button").click();
  },
  report: (reader) => withPin(reader, given.code),
  "report-answered": async (reader) => {
    await withPin(reader, given.answered);
    const { page } = reader;
    if (await page.locator("main details").count()) return;
    await page.locator("input[value=wrong]").check();
    await page.fill("#note", "Only one pump was changed.");
    await page.locator("form[action*='/answer'] button").click();
    await page.locator("main details").waitFor();
  },
  mailbox: ({ page }) => page.goto("/mailbox"),
  offline: async ({ page }) => page.goto("/V/offline"),
};

for (const language of Object.keys(LANGUAGES))
  for (const size of Object.keys(SIZES)) {
    const reader = await Reader.open({ language, size });
    for (const [name, show] of Object.entries(PAGES)) {
      await show(reader);
      await reader.settled();
      await reader.accessible(`${name}, ${language}, ${size}`);
      const path = `${folder}/page-${name}-${language}-${SIZES[size].width}.png`;
      await reader.page.screenshot({ path, fullPage: true });
    }
    await reader.close();
  }
