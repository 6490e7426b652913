// A network that answers everything with its own page, and one that swallows answers: neither is taken for the server.
import assert from "node:assert/strict";
import { until } from "../../../../scripts/until.mjs";
import { scenario } from "../phone.mjs";
import { logged, office, opened, sent, signedIn, stored, value } from "./bench.mjs";

await scenario(async (phone, step) => {
  const { visit } = await signedIn(phone, "aoife");
  await step("a portal's page is no answer: nothing counts as sent, and the app says what is wrong", async () => {
    phone.way.set("portal");
    await logged(phone.page, visit, 1);
    await until("it says so", async () => (await value(phone.page, "sync")).problem === "captive-portal");
    assert.equal((await value(phone.page, "sync")).unsent, 1);
    assert.ok(phone.way.requests > 0);
  });
  await step("the app starts behind the portal, with its own files and not the portal's page", async () => {
    await phone.context.close();
    await phone.start();
    await opened(phone.page);
    await phone.page.evaluate(() =>
      navigator.serviceWorker.getRegistration().then((found) => found.update().catch(() => {})),
    );
    assert.equal((await value(phone.page, "sync")).unsent, 1);
    const kept = await phone.page.evaluate(async () => (await caches.keys()).length);
    assert.equal(kept, 1);
    await phone.page.reload();
    await phone.page.waitForFunction(() => document.title === "ready");
  });
  await step("an answer that never arrives is asked for again, and the line is there once", async () => {
    phone.way.set("deaf");
    await logged(phone.page, visit, 2);
    await phone.page.evaluate(() => globalThis.store.syncNow());
    await until("the server has the line", async () => (await office.visit("aoife", visit)).times.length >= 1);
    assert.ok((await value(phone.page, "sync")).unsent > 0, "the phone does not know it yet");
    phone.way.set("open");
    await sent(phone.page);
    const { ops } = await stored(phone.page);
    const { times } = await office.visit("aoife", visit);
    assert.deepEqual(times.map((one) => one.id).sort(), ops.map((one) => one.op).sort());
  });
});
