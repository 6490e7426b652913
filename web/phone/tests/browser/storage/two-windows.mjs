// Two windows of the app record and sync at once: one numbering, one sender, each line once.
import assert from "node:assert/strict";
import { until } from "../../../../scripts/until.mjs";
import { scenario } from "../phone.mjs";
import { logged, office, opened, sent, signedIn, stored, value } from "./bench.mjs";

const EACH = 15;

await scenario(async (phone, step) => {
  const { visit } = await signedIn(phone, "lena");
  const other = await phone.window();
  await opened(other);
  await step("both record at once while they send", async () => {
    const record = async (page, from) => {
      for (let n = 0; n < EACH; n += 1) await logged(page, visit, from + n);
    };
    await Promise.all([record(phone.page, 1), record(other, 101)]);
    await sent(phone.page);
  });
  await step("the numbers have no gap and the server has each line once", async () => {
    const { ops } = await stored(phone.page);
    assert.deepEqual(
      ops.map((one) => one.seq),
      ops.map((_, at) => at + 1),
    );
    const { times } = await office.visit("lena", visit);
    assert.deepEqual(times.map((one) => one.id).sort(), ops.map((one) => one.op).sort());
    assert.equal(times.length, 2 * EACH);
  });
  await step("each window shows what the other recorded", async () => {
    await until("the same sheet in both", async () => {
      const [one, two] = await Promise.all([phone.page, other].map((page) => value(page, "jobs")));
      const lines = (jobs) => jobs.flatMap((job) => job.visits).find((found) => found.id === visit).times.length;
      return lines(one) === 2 * EACH && lines(two) === 2 * EACH;
    });
  });
  await step("signing out in one leaves the other without an account", async () => {
    await phone.page.evaluate(() => globalThis.store.signOut());
    await until("signed out in both", async () => (await value(other, "session")) === null);
  });
});
