// Steps on the app without its screens (bench.ts): what the screens call, called from outside.
import { readdirSync, readFileSync } from "node:fs";
import { until } from "../../../../scripts/until.mjs";
import { Office } from "../office.mjs";
import { PASSWORD } from "../phone.mjs";

export const office = new Office();

/** Opens the app in this window and waits until its databases are open; it may be loading itself anew already. */
export async function opened(page) {
  await page.goto("/app/").catch((error) => {
    if (!String(error).includes("interrupted by another navigation")) throw error;
  });
  await ready(page);
}

export async function ready(page) {
  await page.waitForFunction(() => document.title === "ready");
}

/** The value of one of the store's signals. */
export function value(page, name) {
  return page.evaluate((of) => JSON.parse(JSON.stringify(globalThis.store[of].value)), name);
}

/** Calls a function of the store; a refusal comes back as { refused: code }. */
export function call(page, name, ...given) {
  return page.evaluate(
    ([of, all]) =>
      globalThis.store[of](...all).catch((error) => ({ refused: error.code ?? String(error), name: error.name })),
    [name, given],
  );
}

/** Signs in and waits for the jobs; returns the first with its visit. */
export async function signedIn(phone, login) {
  await opened(phone.page);
  await phone.installed();
  await call(phone.page, "signIn", login, PASSWORD);
  const jobs = await until("the jobs are on the phone", async () => {
    const found = (await value(phone.page, "jobs")).filter((job) => job.visits.length > 0);
    return found.length > 0 && found;
  });
  return { job: jobs[0], visit: jobs[0].visits[0].id };
}

/** Logs some minutes of travel; every minute a different one, so that lines can be told apart. */
export function logged(page, visit, minutes) {
  return call(page, "record", "time.log", { visit_id: visit, kind: "travel", minutes }, { visit });
}

/** Some rounds leave a dozen photos behind, and two cores may have a whole test suite to run beside them. */
const SENDING_S = 120;

/** Waits until the server has acknowledged everything that was recorded, as the database says: signals come later. */
export function sent(page) {
  return until(
    "everything is sent",
    async () => {
      await page.evaluate(() => globalThis.store.syncNow());
      return (await stored(page)).onlyHere === 0;
    },
    SENDING_S,
  );
}

/** What the account's database holds, read beside the app; fails with what the browser and the app say when it is gone. */
export async function stored(page) {
  const name = await until("the account's database is listed", () => accountDatabase(page)).catch(async (error) => {
    error.message += `\n${JSON.stringify(await left(page), null, 2)}`;
    throw error;
  });
  return contentOf(page, name);
}

/** Just after a start, a browser under load may still be reading which databases there are. */
function accountDatabase(page) {
  return page.evaluate(async () => {
    const all = await indexedDB.databases();
    return all.find((one) => /^fieldstone-[0-9a-f-]{36}$/.test(one.name))?.name;
  });
}

function left(page) {
  return page.evaluate(async () => ({
    databases: await indexedDB.databases(),
    memory: localStorage.getItem("fieldstone"),
    sync: globalThis.store?.sync.value,
    estimate: await navigator.storage.estimate(),
  }));
}

function contentOf(page, name) {
  return page.evaluate(async (name) => {
    const db = await new Promise((resolve, reject) => {
      const opening = indexedDB.open(name);
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const all = (table) =>
      new Promise((resolve, reject) => {
        const reading = db.transaction(table).objectStore(table).getAll();
        reading.onsuccess = () => resolve(reading.result);
        reading.onerror = () => reject(reading.error);
      });
    const [outbox, attachments] = [await all("outbox"), await all("attachments")];
    const found = {
      ops: outbox.sort((one, other) => one.seq - other.seq).map(({ op, seq, t }) => ({ op, seq, t })),
      attachments: attachments.map((one) => one.id),
      contents: (await all("contents")).map((one) => one.id),
      onlyHere: [...outbox.filter((one) => !one.acked), ...attachments.filter((one) => !one.done)].length,
      next: (await all("settings")).find((one) => one.key === "numbering").value.next,
    };
    db.close();
    return found;
  }, name);
}

/** Ends the phone's browser at once, with all its processes, as an empty battery does. */
export async function batteryOut(phone) {
  const gone = new Promise((resolve) => phone.context.once("close", resolve));
  for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    let command = "";
    try {
      command = readFileSync(`/proc/${id}/cmdline`, "latin1");
    } catch {
      continue; // it has ended meanwhile
    }
    if (command.includes(`--user-data-dir=${phone.folder}`)) {
      try {
        process.kill(Number(id), "SIGKILL");
      } catch {}
    }
  }
  await gone;
}
