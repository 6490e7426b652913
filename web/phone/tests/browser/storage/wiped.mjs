// The browser clears the app's storage: the app notices, says what went with it, and starts anew.
import assert from "node:assert/strict";
import { until } from "../../../../scripts/until.mjs";
import { PASSWORD, scenario } from "../phone.mjs";
import { call, logged, office, opened, sent, signedIn, stored, value } from "./bench.mjs";

await scenario(async (phone, step) => {
  const { visit } = await signedIn(phone, "emil");
  await logged(phone.page, visit, 1);
  await sent(phone.page);
  await phone.offline();
  await logged(phone.page, visit, 2);
  await logged(phone.page, visit, 3);
  await until("it counts two unsent", async () => (await value(phone.page, "sync")).unsent === 2);
  const clear = async (storageTypes) => {
    const session = await phone.context.newCDPSession(phone.page);
    await session.send("Storage.clearDataForOrigin", { origin: phone.way.base, storageTypes });
  };

  await step("the databases are cleared under the running app: it says so, and nothing seems saved", async () => {
    await clear("indexeddb");
    const told = await until("it notices", async () => {
      const refused = await logged(phone.page, visit, 4);
      assert.equal(typeof refused, "object", "nothing may seem saved");
      const state = await value(phone.page, "sync");
      return state.problem === "storage-wiped" && state;
    });
    assert.equal(told.lost, 2);
  });
  await step("after a restart it still says so", async () => {
    await phone.context.close();
    await phone.start();
    await phone.offline();
    await opened(phone.page);
    const state = await value(phone.page, "sync");
    assert.deepEqual([state.problem, state.lost], ["storage-wiped", 2]);
  });
  await step("signing in again brings the jobs back, and work goes on", async () => {
    await phone.offline(false);
    await call(phone.page, "signIn", "emil", PASSWORD);
    await until("the jobs are back", async () => (await value(phone.page, "jobs")).length > 0);
    assert.equal(await value(phone.page, "sync").then((state) => state.problem), null);
    await logged(phone.page, visit, 5);
    await sent(phone.page);
    const { times } = await office.visit("emil", visit);
    assert.deepEqual(times.map((one) => one.minutes).sort(), [1, 5]);
  });
  await step("everything is cleared, the app's own files too: it is as new", async () => {
    await clear("all");
    await opened(phone.page);
    assert.equal(await value(phone.page, "session"), null);
    await phone.installed();
    await call(phone.page, "signIn", "emil", PASSWORD);
    await until("the jobs are back", async () => (await value(phone.page, "jobs")).length > 0);
    assert.deepEqual((await stored(phone.page)).ops, []);
  });
});
