/** What is on the phone: saved whole or not at all, noticed when it is gone, seen by every tab, kept long enough. */

import { IDBObjectStore as FakeStore, IDBFactory } from "fake-indexeddb";
import { describe, expect, it, vi } from "vitest";
import { forgetOld } from "../../../src/core/outbox";
import { alone } from "../../../src/core/session";
import { nameOfPhone } from "../../../src/core/surroundings";
import { Bench, JOB, signedIn, VISIT } from "./bench";
import { ACCOUNT, Server } from "./server";
import { expectSettled } from "./settled";

const read = (bench: Bench, name = "current") =>
  bench.phone.record("reading.record", { visit_id: VISIT, name, value: "1" });

/** Let stores of these names be full until the returned function is called. */
function fill(...names: string[]): () => void {
  const { add, put } = FakeStore.prototype;
  const full = (real: typeof add) =>
    function (this: IDBObjectStore, ...given: Parameters<typeof add>) {
      if (names.includes(this.name)) throw new DOMException("full", "QuotaExceededError");
      return real.apply(this, given);
    };
  FakeStore.prototype.add = full(add);
  FakeStore.prototype.put = full(put);
  return () => {
    FakeStore.prototype.add = add;
    FakeStore.prototype.put = put;
  };
}

describe("full storage", () => {
  it("refuses a photo whole: neither its bytes nor its operation nor its number are taken", async () => {
    const bench = await signedIn();
    const empty = fill("contents");
    await expect(bench.phone.addPhoto(VISIT, new Blob(["jpeg"]), "label")).rejects.toMatchObject({
      code: "storage-full",
    });
    expect(bench.phone.sync.value.problem).toBe("storage-full");
    expect(
      await bench.look((db) => Promise.all([db.outbox.count(), db.attachments.count(), db.contents.count()])),
    ).toEqual([0, 0, 0]);
    empty();
    await read(bench);
    expect(bench.phone.sync.value.problem).toBeNull();
    await bench.calm();
    expect((await bench.look((db) => db.setting("numbering")))?.next).toBe(2);
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("gives up bytes that the server has before it refuses", async () => {
    const bench = await signedIn();
    await bench.phone.addPhoto(VISIT, new Blob(["jpeg"]), "label");
    await bench.calm();
    expect(await bench.look((db) => db.contents.count())).toBe(1);
    const empty = fill("outbox");
    const gone = read(bench);
    await expect(gone).rejects.toMatchObject({ code: "storage-full" });
    empty();
    expect(await bench.look((db) => db.contents.count())).toBe(0);
    bench.phone.stop();
  });

  it("while rows come does not lose what was recorded", async () => {
    const bench = await signedIn();
    await read(bench);
    bench.server.put("me", "job", JOB, bench.server.state.rows.me[`job ${JOB}`]?.d);
    const empty = fill("rows");
    await bench.pass(5_000);
    expect(bench.phone.sync.value.problem).toBe("storage-full");
    empty();
    await bench.calm();
    expect(bench.phone.sync.value.problem).toBeNull();
    await expectSettled(bench);
    bench.phone.stop();
  });
});

describe("storage that the browser cleared", () => {
  it("is noticed at the next start, with how much was lost, and filled again after signing in", async () => {
    const bench = await signedIn();
    bench.fault = () => "lost";
    await read(bench);
    await bench.phone.addPhoto(VISIT, new Blob(["jpeg"]), "label");
    await bench.rest();
    bench.crash();
    Object.assign(bench.databases, { indexedDB: new IDBFactory() });
    await bench.restart();
    expect(bench.phone.sync.value).toMatchObject({ problem: "storage-wiped", lost: 3 });
    expect(bench.phone.session.value).toBeNull();
    await expect(read(bench)).rejects.toMatchObject({ code: "storage-wiped" });
    bench.fault = () => "none";
    await bench.signIn();
    await bench.calm();
    expect(bench.phone.sync.value).toMatchObject({ problem: null, lost: 0 });
    expect(bench.phone.jobs.value).toHaveLength(1);
    await read(bench);
    await bench.calm();
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("under a running app is told before anything else is taken", async () => {
    const bench = await signedIn();
    await bench.look(async (db) => {
      await db.settings.clear();
      await db.outbox.clear();
    });
    await expect(read(bench)).rejects.toMatchObject({ code: "storage-wiped" });
    expect(bench.phone.sync.value.problem).toBe("storage-wiped");
    bench.phone.stop();
  });

  it("by hand, while the app is open, is noticed at once", async () => {
    const bench = await signedIn();
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    await new Promise((resolve) => {
      bench.databases.indexedDB.deleteDatabase(`fieldstone-${ACCOUNT}`).onsuccess = resolve;
    });
    await bench.rest();
    warned.mockRestore();
    expect(bench.phone.sync.value.problem).toBe("storage-wiped");
    await bench.signIn();
    await bench.calm();
    expect(bench.phone.jobs.value).toHaveLength(1);
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("is a new phone to an app that never had any", async () => {
    const bench = new Bench(new Server());
    await bench.phone.start();
    expect(bench.phone.sync.value.problem).toBeNull();
    bench.phone.stop();
  });

  it("in part only, with the account's own intact, is found again", async () => {
    const bench = await signedIn();
    bench.fault = () => "lost";
    await read(bench);
    bench.crash();
    await new Promise((resolve) => {
      bench.databases.indexedDB.deleteDatabase("fieldstone-device").onsuccess = resolve;
    });
    await bench.restart();
    expect(bench.phone.session.value?.name).toBe("Ann");
    await bench.calm();
    await expectSettled(bench);
    bench.phone.stop();
  });
});

describe("two tabs", () => {
  async function twoTabs(): Promise<[Bench, Bench]> {
    const one = await signedIn();
    const other = new Bench(one.server);
    Object.assign(other, { databases: one.databases, notes: one.notes, locks: one.locks });
    await other.restart();
    await other.pass(1);
    return [one, other];
  }

  it("see what the other records, and each number is given once", async () => {
    const [one, other] = await twoTabs();
    const ops = await Promise.all([read(one, "a"), read(other, "b"), read(one, "c"), read(other, "d")]);
    await one.rest();
    expect(new Set(one.phone.outbox.value.map((item) => item.op))).toEqual(new Set(ops));
    expect(new Set(other.phone.outbox.value.map((item) => item.op))).toEqual(new Set(ops));
    await Promise.all([one.pass(2_000), other.pass(2_000)]);
    await one.calm();
    await other.rest();
    expect(one.server.visit(VISIT).readings).toHaveLength(4);
    expect(other.phone.sync.value.unsent).toBe(0);
    await expectSettled(one);
    one.phone.stop();
    other.phone.stop();
  });

  it("sign in and out together", async () => {
    const [one, other] = await twoTabs();
    await one.phone.signOut();
    await other.rest();
    expect(other.phone.session.value).toBeNull();
    await other.signIn();
    await one.rest();
    expect(one.phone.session.value?.name).toBe("Ann");
    one.phone.stop();
    other.phone.stop();
  });

  it("sync one after the other; one that is frozen with the lock does not stop the other for ever", async () => {
    const held: (() => void)[] = [];
    const locks = {
      request: async (_: string, { signal }: { signal: AbortSignal }, body: () => Promise<void>) => {
        await new Promise<void>((resolve, reject) => {
          held.push(resolve);
          signal.addEventListener("abort", () => reject(signal.reason));
        });
        await body();
      },
    };
    const bench = new Bench(new Server());
    bench.locks = locks;
    const around = bench.surroundings();
    const begun: string[] = [];
    const one = alone(around, "x", async () => begun.push("one"));
    expect(begun).toEqual([]);
    held[0]?.();
    await one;
    const two = alone(around, "x", async () => begun.push("two"));
    await bench.pass(60_000);
    await two;
    expect(begun).toEqual(["one", "two"]);
    const failing = alone(around, "x", () => Promise.reject(new Error("no")));
    held[2]?.();
    await expect(failing).rejects.toThrow("no");
    bench.phone.stop();
  });
});

describe("what the server has", () => {
  it("is kept for 30 days, photos' bytes for 7, undecided work until it is decided", async () => {
    const bench = await signedIn();
    const backup = bench.server.backup();
    await read(bench, "a");
    await bench.phone.addPhoto(VISIT, new Blob(["jpeg"]), "label");
    await read(bench, "refuse me");
    await bench.phone.record("line.void", { line_id: JOB, kind: "reading", reason: "nothing to void" });
    await bench.calm();
    const after = async (days: number) => {
      const at = new Date(Date.now() + days * 86_400_000).toISOString();
      await bench.look((db) => forgetOld(db, at));
      return bench.look(async (db) => [await db.outbox.count(), await db.contents.count()]);
    };
    expect(await after(6)).toEqual([4, 1]);
    expect(await after(8)).toEqual([4, 0]);
    expect(await after(29)).toEqual([4, 0]);
    expect(await after(31)).toEqual([1, 0]);
    expect(bench.phone.outbox.value.find((item) => item.t === "line.void")?.fate).toBe("recorded");
    // Numbers go on behind those that are forgotten, and after a restore what is left begins at one.
    await read(bench, "b");
    await bench.pass(2_000);
    expect(await bench.look((db) => db.outbox.orderBy("seq").keys())).toEqual([4, 5]);
    bench.server.restore(backup);
    await bench.calm();
    expect(bench.server.visit(VISIT).readings.map((line) => line.name)).toEqual(["b"]);
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("may come out as one file with unsent photos, whatever happens", async () => {
    const bench = await signedIn();
    await read(bench, "sent");
    await bench.calm();
    bench.fault = () => "lost";
    await read(bench, "unsent");
    const photo = await bench.phone.addPhoto(
      VISIT,
      new Blob(["jpeg ".repeat(20_000)], { type: "image/jpeg" }),
      "label",
    );
    const told = JSON.parse(await (await bench.phone.exportOutbox()).text());
    expect(
      told.ops.map((op: { body: { name?: string }; acknowledged: boolean }) => [op.body.name, op.acknowledged]),
    ).toEqual([
      ["sent", true],
      ["unsent", false],
      [undefined, false],
    ]);
    expect(told.photos).toMatchObject([{ id: photo, visit: VISIT, kind: "label", type: "image/jpeg" }]);
    expect(atob(told.photos[0].base64)).toBe("jpeg ".repeat(20_000));
    bench.phone.stop();
  });
});

describe("a phone's name", () => {
  it("is what the browser says it runs on", () => {
    expect(nameOfPhone("Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36")).toBe("Android 14, Pixel 7");
    expect(nameOfPhone("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)")).toBe("iPhone");
    expect(nameOfPhone("")).toBe("Phone");
  });
});
