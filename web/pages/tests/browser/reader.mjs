// A reader with a browser: which pages they open, what they ask of the network, and what axe says of what they see.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { launch } from "../../../scripts/chromium.mjs";

/** Long, because two cores may have a whole test suite to run beside the browser. */
const PATIENCE_MS = 30_000;
export const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
export const LANGUAGES = { en: "en-GB", zh: "zh-CN" };
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** What a browser says of its own accord when an answer is a refusal or there is no network. */
const EXPECTED = /Failed to load resource/;
/** What the test told this script: addresses, codes, files. */
export const given = JSON.parse(process.env.GIVEN ?? "{}");

export class Reader {
  complaints = [];
  requests = [];

  static async open({ language = "en", size = "phone", scripts = true } = {}) {
    const reader = new Reader();
    reader.browser = await launch();
    reader.context = await reader.browser.newContext({
      baseURL: process.env.BASE,
      locale: LANGUAGES[language],
      viewport: SIZES[size],
      deviceScaleFactor: 2,
      javaScriptEnabled: scripts,
      timezoneId: "Europe/Berlin",
    });
    reader.context.on("request", (request) => reader.requests.push(request));
    reader.page = await reader.context.newPage();
    reader.page.setDefaultTimeout(PATIENCE_MS);
    reader.page.on("console", (message) => {
      if (message.type() === "error" && !EXPECTED.test(message.text())) reader.complaints.push(message.text());
    });
    reader.page.on("pageerror", (error) => reader.complaints.push(String(error.stack ?? error)));
    return reader;
  }

  async title() {
    return this.page.locator("h1").first().innerText();
  }

  async settled() {
    await this.page.waitForLoadState("networkidle");
  }

  /** Fails when axe finds anything, or the page is wider than its window. */
  async accessible(name) {
    await this.page.evaluate(`globalThis.axe ?? (() => { ${axe} })(); undefined`);
    const { violations } = await this.page.evaluate(() =>
      globalThis.axe.run(document, { resultTypes: ["violations"] }),
    );
    const found = violations.map((one) => `${one.id} ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
    assert.deepEqual(found, [], name);
    const over = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${name} is ${over} px wider than its window`);
  }

  async close() {
    await this.browser.close();
    assert.deepEqual(this.complaints, []);
  }
}

/** Runs a scenario; what was on the screen is told when it fails. */
export async function scenario(title, body, options = {}) {
  const reader = await Reader.open(options);
  try {
    await body(reader);
    await reader.close();
    console.log(`ok  ${title}`);
  } catch (error) {
    console.error(`${title}:`, error, "complaints:", reader.complaints);
    const shown = await reader.page
      .locator("body")
      .innerText({ timeout: 2000 })
      .catch(() => "(no page)");
    console.error(`--- on the screen at ${reader.page.url()}:\n${shown}`);
    process.exit(1);
  }
}
