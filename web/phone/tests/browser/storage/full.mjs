// The phone's storage is full: nothing seems saved that is not, what is there stays readable and is sent.
import assert from "node:assert/strict";
import { scenario } from "../phone.mjs";
import { logged, office, opened, sent, signedIn, stored, value } from "./bench.mjs";

await scenario(async (phone, step) => {
  const { visit } = await signedIn(phone, "tiago");
  await phone.offline();
  await logged(phone.page, visit, 1);
  const origin = phone.way.base;
  /** IndexedDB keeps in mind for a while how much room there is: the bound must stand before it first asks. */
  const restarted = async (room) => {
    await phone.context.close();
    await phone.start();
    await phone.offline();
    if (room) {
      const session = await phone.context.newCDPSession(phone.page);
      const { usage } = await session.send("Storage.getUsageAndQuota", { origin });
      await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: usage + room });
    }
    await opened(phone.page);
  };
  const photo = (size) =>
    phone.page.evaluate(
      ([to, bytes]) => {
        const noise = new Uint8Array(bytes);
        for (let at = 0; at < bytes; at += 65_536)
          crypto.getRandomValues(noise.subarray(at, Math.min(bytes, at + 65_536)));
        return globalThis.store
          .addPhoto(to, new Blob([noise], { type: "image/jpeg" }), "after")
          .catch((error) => ({ refused: error.code ?? String(error) }));
      },
      [visit, size],
    );

  await step("a photo that does not fit is refused, and no part of it stays", async () => {
    await restarted(500_000);
    const before = await stored(phone.page);
    assert.deepEqual(await photo(6_000_000), { refused: "storage-full" });
    assert.equal((await value(phone.page, "sync")).problem, "storage-full");
    assert.deepEqual(await stored(phone.page), before);
  });
  await step("the outbox is still there and can be handed out as a file", async () => {
    assert.equal((await value(phone.page, "outbox")).length, 1);
    const file = await phone.page.evaluate(async () =>
      JSON.parse(await (await globalThis.store.exportOutbox()).text()),
    );
    assert.ok(JSON.stringify(file).includes(visit));
  });
  await step("with room again, recording goes on and everything is sent once", async () => {
    await restarted(null);
    assert.equal(typeof (await logged(phone.page, visit, 2)), "string");
    assert.equal((await value(phone.page, "sync")).problem, null);
    await phone.offline(false);
    await sent(phone.page);
    const { times, photos } = await office.visit("tiago", visit);
    assert.deepEqual(times.map((one) => one.minutes).sort(), [1, 2]);
    assert.deepEqual(photos, []);
  });
});
