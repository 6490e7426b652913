// The battery runs out while something is being written: afterwards it is saved or visibly not, never half.
import assert from "node:assert/strict";
import { scenario } from "../phone.mjs";
import { batteryOut, logged, office, opened, sent, signedIn, stored, value } from "./bench.mjs";

const ROUNDS = 8;
const PHOTO_BYTES = 400_000;

await scenario(async (phone, step) => {
  const { visit } = await signedIn(phone, "ben");
  await logged(phone.page, visit, 1);
  await sent(phone.page);
  await phone.offline();
  const promised = [];
  let cut = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await step(`round ${round + 1}: the power goes while a time and a photo are being saved`, async () => {
      const said = [];
      phone.page.on("console", (message) => {
        if (message.text().startsWith("saved ")) said.push(message.text().slice(6));
      });
      const writing = phone.page.evaluate(
        async ([to, size, turn]) => {
          for (let n = 0; n < 40; n += 1) {
            const photo = new Blob([crypto.getRandomValues(new Uint8Array(65_536)), new Uint8Array(size)], {
              type: "image/jpeg",
            });
            const one = globalThis.store.addPhoto(to, photo, "after").then((op) => console.log(`saved ${op}`));
            const body = { visit_id: to, kind: "travel", minutes: 10 + turn };
            const other = globalThis.store
              .record("time.log", body, { visit: to })
              .then((op) => console.log(`saved ${op}`));
            await Promise.all([one, other]);
          }
        },
        [visit, PHOTO_BYTES, round],
      );
      writing.catch(() => {}); // it is cut off: that is the point
      await new Promise((resolve) => setTimeout(resolve, 60 + 45 * round));
      await batteryOut(phone);
      promised.push(...said);
      await phone.start();
      await phone.offline();
      await opened(phone.page);
      const { ops, attachments, contents, next } = await stored(phone.page);
      const kept = new Set(ops.map((one) => one.op));
      assert.deepEqual(
        promised.filter((op) => !kept.has(op)),
        [],
        "what was called saved is there",
      );
      const photos = ops.filter((one) => one.t === "photo.add").map((one) => one.op);
      assert.deepEqual([...attachments].sort(), [...photos].sort(), "a photo has its record");
      assert.deepEqual([...contents].sort(), [...photos].sort(), "a photo has its bytes");
      assert.deepEqual(
        ops.map((one) => one.seq),
        ops.map((_, at) => at + 1),
        "no number is missing",
      );
      assert.equal(next, ops.length + 1);
      assert.equal((await value(phone.page, "sync")).unsent, ops.length - 1);
      cut += kept.size - promised.length;
    });
  }
  await step("with a network again, the server has each line once", async () => {
    const { ops } = await stored(phone.page);
    await phone.offline(false);
    await sent(phone.page);
    const sheet = await office.visit("ben", visit);
    const times = ops.filter((one) => one.t === "time.log").map((one) => one.op);
    const photos = ops.filter((one) => one.t === "photo.add").map((one) => one.op);
    assert.deepEqual(sheet.times.map((one) => one.id).sort(), times.sort());
    assert.deepEqual(sheet.photos.map((one) => one.id).sort(), photos.sort());
    console.log(`    ${ops.length} entries, of which ${cut} were stored without having been told`);
  });
});
