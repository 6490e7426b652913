// Draws the app's icons from icon.svg: `node scripts/icons.mjs`. Done once; the pictures are committed.
import { readFile } from "node:fs/promises";
import { launch } from "../../scripts/chromium.mjs";

const drawing = await readFile(new URL("icon.svg", import.meta.url), "utf8");
// A launcher cuts a maskable icon to a shape of its own: no corners of ours, and the drawing within the safe circle.
const maskable = drawing.replace(' rx="96"', "").replace("<svg ", '<svg style="background:#0b3d4f" ');

const browser = await launch();
for (const [name, size, svg] of [
  ["icon-192", 192, drawing],
  ["icon-512", 512, drawing],
  ["icon-maskable-512", 512, maskable],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<body style="margin:0">${svg}`);
  const path = new URL(`../public/${name}.png`, import.meta.url).pathname;
  await page.screenshot({ path, omitBackground: true });
  await page.close();
}
await browser.close();
