// A technician's phone: Chromium with a profile of its own, whose complaints are collected.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FLAGS, launchWithProfile } from "../../../scripts/chromium.mjs";
import { Way } from "./network.mjs";

export const PASSWORD = process.env.PASSWORD ?? "fieldstone demo";
/** Long, because two cores may have a whole test suite to run beside the browser. */
const PATIENCE_MS = 40_000;
const SCREEN = { width: 390, height: 844 };
/** What a browser says of its own accord when a scenario cuts the network or signs in wrongly. */
const EXPECTED = /Failed to load resource|net::ERR_|Failed to update a ServiceWorker|An SSL certificate error/;

export class Phone {
  complaints = [];

  /** Turns a phone on, with a network of its own to `BASE`; its camera sees `film`, or a test picture. */
  static async on({ language = "en-GB", base = process.env.BASE, film } = {}) {
    const phone = new Phone();
    phone.film = film;
    phone.folder = await mkdtemp(join(tmpdir(), "phone-"));
    phone.language = language;
    phone.way = await new Way(base).listen();
    await phone.start();
    return phone;
  }

  /** Starts the browser on the profile that is there. */
  async start() {
    const camera = this.film ? [`--use-file-for-fake-video-capture=${this.film}`] : [];
    this.context = await launchWithProfile(this.folder, {
      args: [...FLAGS, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", ...camera],
      viewport: SCREEN,
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      locale: this.language,
      timezoneId: "Europe/Berlin",
      baseURL: this.way.base,
      permissions: ["camera"],
    });
    this.context.on("console", (message) => {
      if (message.type() === "error" && !EXPECTED.test(message.text())) this.complaints.push(message.text());
    });
    this.context.on("weberror", (error) => this.complaints.push(String(error.error().stack ?? error.error())));
    this.page = this.context.pages()[0] ?? (await this.context.newPage());
    this.page.setDefaultTimeout(PATIENCE_MS);
  }

  /** Opens a window; without a path, the app as its icon on the home screen does. */
  async open(path = "/app/") {
    await this.page.goto(path);
    return this.page;
  }

  async window() {
    const page = await this.context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    return page;
  }

  /** Waits until the service worker serves this window. */
  async installed(page = this.page) {
    await page.waitForFunction(() => navigator.serviceWorker?.controller?.state === "activated");
  }

  /** Takes all networks away, or gives them back. */
  async offline(off = true) {
    this.way.set(off ? "cut" : "open");
    await this.context.setOffline(off);
  }

  /** Turns the phone off and fails when the app complained meanwhile. */
  async off() {
    await this.context.close();
    this.way.close();
    await rm(this.folder, { recursive: true, force: true });
    assert.deepEqual(this.complaints, []);
  }
}

/** Runs a scenario step by step; what was on the screen is told when it fails. */
export async function scenario(body, options = {}) {
  const phone = await Phone.on(options);
  const step = async (title, act) => {
    await act();
    console.log(`ok  ${title}`);
  };
  try {
    await body(phone, step);
    await phone.off();
  } catch (error) {
    console.error(error);
    console.error("complaints:", phone.complaints);
    const shown = await phone.page
      .locator("body")
      .innerText({ timeout: 2000 })
      .catch(() => "(no page)");
    console.error(`--- on the screen at ${phone.page.url()}:\n${shown}`);
    if (process.env.KEEP) await phone.page.screenshot({ path: process.env.KEEP }).catch(() => {});
    process.exit(1);
  }
}
