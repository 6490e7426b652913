// Every public page in both languages, 390 x 844 and 1440 wide, is accessible; with a FOLDER as argument a picture is taken.
import { appendFileSync, copyFileSync, mkdirSync } from "node:fs";
import { given, Reader, SIZES } from "./reader.mjs";

const [folder] = process.argv.slice(2);
if (folder) mkdirSync(folder, { recursive: true });
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

async function look(language, size) {
  const reader = await Reader.open({ language, size });
  for (const [name, show] of Object.entries(PAGES)) {
    await show(reader);
    await reader.settled();
    await reader.accessible(`${name}, ${language}, ${size}`);
    if (!folder) continue;
    const path = `${folder}/page-${name}-${language}-${SIZES[size].width}.png`;
    await reader.page.screenshot({ path, fullPage: true });
  }
  await reader.close();
}

// One after another they would mostly wait; the first has answered when the others come.
await look("en", "wide");
await Promise.all([look("en", "phone"), look("zh", "wide"), look("zh", "phone")]);
