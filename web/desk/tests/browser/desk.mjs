// The desk in a browser without a window, whose complaints are collected.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { launch } from "../../../scripts/chromium.mjs";

export const PASSWORD = process.env.PASSWORD ?? "fieldstone demo";
/** Long, because two cores may have a whole test suite to run beside the browser. */
const PATIENCE_MS = 30_000;
export const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
/** What a browser says of its own accord when an answer is a refusal. */
const EXPECTED = /Failed to load resource/;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const GRAVE = ["serious", "critical"];

export class Desk {
  complaints = [];

  static async open({ language = "en-GB", size = "wide", base = process.env.BASE } = {}) {
    const desk = new Desk();
    desk.browser = await launch();
    desk.context = await desk.browser.newContext({
      baseURL: base,
      locale: language,
      timezoneId: "Europe/Berlin",
      viewport: SIZES[size],
      // The session's cookie is for https alone; on loopback Chromium takes it all the same.
      ignoreHTTPSErrors: true,
    });
    desk.page = await desk.context.newPage();
    desk.page.setDefaultTimeout(PATIENCE_MS);
    desk.page.on("console", (message) => {
      if (message.type() === "error" && !EXPECTED.test(message.text())) desk.complaints.push(message.text());
    });
    desk.page.on("pageerror", (error) => desk.complaints.push(String(error.stack ?? error)));
    return desk;
  }

  /** Signs in by the fields and the button of the screen. */
  async signIn(login) {
    await this.page.goto("/");
    await this.page.locator("input[name=login]").fill(login);
    await this.page.locator("input[name=password]").fill(PASSWORD);
    await this.page.locator("button[type=submit]").click();
    await this.page.locator("nav, main.narrow p a").first().waitFor({ state: "attached" });
    await this.settled();
  }

  /** Signs out, so that somebody else can sign in. */
  async leave() {
    await this.page.evaluate(() =>
      fetch("/sign-out", {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
        body: "{}",
      }),
    );
  }

  /** Goes to the screen of an address such as "#/review" and waits until it is read. */
  async show(hash) {
    await this.page.evaluate((to) => {
      location.hash = to;
    }, hash);
    await this.settled();
  }

  /** Waits until nothing is being read any more. */
  async settled() {
    await this.page.locator("h1").first().waitFor();
    await this.page.waitForLoadState("networkidle");
    await this.page.waitForFunction(() => !/^(Loading|加载中)/m.test(document.querySelector("main")?.innerText ?? ""));
  }

  /** What axe finds that is serious, and whether the page is wider than its window. */
  async faults(name) {
    // Evaluated by the browser's debugger, which the desk's policy does not bind.
    await this.page.evaluate(`globalThis.axe ?? (() => { ${axe} })(); undefined`);
    const { violations } = await this.page.evaluate(() =>
      globalThis.axe.run(document, { resultTypes: ["violations"] }),
    );
    const grave = violations
      .filter((one) => GRAVE.includes(one.impact))
      .map((one) => `${name}: ${one.id} ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
    const over = await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) grave.push(`${name}: ${over} px wider than the window`);
    return grave;
  }

  /** Presses a button by its name, in the dialog when one is open. */
  async press(name) {
    const dialog = this.page.locator("dialog[open]");
    const within = (await dialog.count()) ? dialog : this.page;
    await within.getByRole("button", { name, exact: true }).first().click();
  }

  /** Fills fields by their names: of the open dialog, else of the page. */
  async fill(fields) {
    const dialog = this.page.locator("dialog[open]");
    const within = (await dialog.count()) ? dialog : this.page.locator("main");
    for (const [name, value] of Object.entries(fields)) await within.locator(`[name="${name}"]`).fill(value);
  }

  /** Carries out the form of the dialog and waits until it has closed and its list is read again. */
  async send() {
    await this.look();
    const dialog = this.page.locator("dialog[open]");
    const title = await dialog.getAttribute("aria-labelledby");
    await dialog.locator("button[type=submit]").click();
    await this.page.locator(`dialog[aria-labelledby="${title}"]`).waitFor({ state: "detached" });
    await this.settled();
  }

  /** Keeps a picture of what is shown, where LOOK names a folder. */
  async look() {
    this.looks = (this.looks ?? 0) + 1;
    if (process.env.LOOK) await this.page.screenshot({ path: `${process.env.LOOK}/${this.title} ${this.looks}.png` });
  }

  async close() {
    await this.browser.close();
    assert.deepEqual(this.complaints, []);
  }
}

/** Runs a scenario; what was on the screen is told when it fails. */
export async function scenario(title, body, options = {}) {
  const desk = await Desk.open(options);
  desk.title = title;
  try {
    await body(desk);
    await desk.close();
    console.log(`ok  ${title}`);
  } catch (error) {
    console.error(`${title}:`, error, "complaints:", desk.complaints);
    const shown = await desk.page
      .locator("body")
      .innerText({ timeout: 2000 })
      .catch(() => "(no page)");
    console.error(`--- on the screen at ${desk.page.url()}:\n${shown}`);
    if (process.env.KEEP) await desk.page.screenshot({ path: process.env.KEEP, fullPage: true }).catch(() => {});
    process.exit(1);
  }
}
