// A new version comes while the outbox is full: it waits until it is asked for, and the outbox survives it.
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { until } from "../../../../scripts/until.mjs";
import { scenario } from "../phone.mjs";
import { logged, office, opened, ready, sent, signedIn, stored, value } from "./bench.mjs";

const { DIST, BUILDS } = process.env;
const deploy = (build) => {
  rmSync(DIST, { recursive: true });
  cpSync(`${BUILDS}/${build}`, DIST, { recursive: true });
};
const mark = (page) => page.locator("meta[name=build]").getAttribute("content");
const look = (page) => page.evaluate(() => globalThis.update.lookForUpdate());
const waits = (page) => page.evaluate(() => globalThis.update.updateReady.value);

await scenario(async (phone, step) => {
  const { visit } = await signedIn(phone, "karl");
  const { page } = phone;
  phone.way.set("app-only");
  for (let n = 1; n <= 12; n += 1) await logged(page, visit, n);

  await step("a newer version is fetched and waits; nothing changes by itself", async () => {
    assert.equal(await waits(page), false);
    deploy("two");
    await look(page);
    await until("it waits", () => waits(page));
    await page.reload();
    await ready(page);
    assert.equal(await mark(page), "one");
    await until("it waits still", () => waits(page));
  });
  await step("it does not take over while a form is open, in whatever window", async () => {
    const other = await phone.window();
    await opened(other);
    await other.evaluate(() => {
      globalThis.close_form = globalThis.update.openForm();
    });
    assert.equal(await page.evaluate(() => globalThis.update.applyUpdate()), false);
    assert.equal(await mark(page), "one");
    await other.evaluate(() => globalThis.close_form());
    await other.close();
  });
  await step("asked to, it takes over, and the outbox is whole", async () => {
    const before = await stored(page);
    await page.evaluate(() => void globalThis.update.applyUpdate());
    await until("the new version runs", async () => (await mark(page).catch(() => null)) === "two");
    await ready(page);
    const after = await stored(page);
    assert.equal(after.ops.length, 12);
    assert.deepEqual(after, before);
    assert.equal((await value(page, "sync")).unsent, 12);
  });
  await step("of older versions only the last one used is kept", async () => {
    const kept = () => page.evaluate(async () => (await caches.keys()).length);
    assert.equal(await kept(), 2);
    deploy("one");
    await look(page);
    await until("it waits", () => waits(page));
    await page.evaluate(() => void globalThis.update.applyUpdate());
    await until("the other version runs", async () => (await mark(page).catch(() => null)) === "one");
    await ready(page);
    await until("two are kept", async () => (await kept()) === 2);
  });
  await step("then everything is sent once", async () => {
    phone.way.set("open");
    await sent(page);
    const { ops } = await stored(page);
    const { times } = await office.visit("karl", visit);
    assert.deepEqual(times.map((one) => one.id).sort(), ops.map((one) => one.op).sort());
  });
});
