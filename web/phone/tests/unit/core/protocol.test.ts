/** What a phone does when server and network are not as usual. */

import { describe, expect, it, vi } from "vitest";
import type { Op } from "../../../src/core/wire";
import { Bench, JOB, signedIn, VISIT } from "./bench";
import { Server } from "./server";
import { expectSettled } from "./settled";

const read = (bench: Bench, name = "current") =>
  bench.phone.record("reading.record", { visit_id: VISIT, name, value: "1" });

async function pushed(bench: Bench, place = -1): Promise<{ ops: Op[]; bytes: number; packed: boolean }> {
  const { init } = bench.asked.filter((one) => one.path === "/sync/push").at(place) ?? { init: {} as RequestInit };
  const packed = new Headers(init.headers).get("content-encoding") === "gzip";
  let body = new Response(init.body).body as ReadableStream<Uint8Array<ArrayBuffer>>;
  if (packed) body = body.pipeThrough(new DecompressionStream("gzip"));
  const text = await new Response(body).text();
  return { ops: (JSON.parse(text) as { ops: Op[] }).ops, bytes: text.length, packed };
}

describe("a captive portal", () => {
  it("is told to the person and loses nothing", async () => {
    const bench = await signedIn();
    await read(bench);
    bench.fault = () => "portal";
    await bench.pass(5_000);
    expect(bench.phone.sync.value).toMatchObject({ problem: "captive-portal", online: false, unsent: 1 });
    await bench.calm();
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("that answers 200 with JSON is recognised by the header it lacks", async () => {
    const bench = await signedIn();
    await read(bench);
    const real = bench.server.answer.bind(bench.server);
    bench.server.answer = async () =>
      new Response('{"last_seq": 9, "status": "ok", "results": []}', {
        headers: { "content-type": "application/json" },
      });
    await bench.pass(5_000);
    expect(bench.phone.sync.value).toMatchObject({ problem: "captive-portal", unsent: 1 });
    bench.server.answer = real;
    await bench.calm();
    await expectSettled(bench);
    bench.phone.stop();
  });
});

describe("a session", () => {
  it("is renewed once when the access token has ended", async () => {
    const bench = await signedIn();
    bench.server.expireAccess();
    await read(bench);
    await bench.pass(2_000);
    expect(bench.asked.map((one) => one.path)).toEqual(
      ["/sync/push", "/sync/refresh", "/sync/push", "/sync/pull"].map((path) =>
        path.replace("/sync/refresh", "/sign-in/refresh"),
      ),
    );
    expect(bench.phone.sync.value.unsent).toBe(0);
    bench.phone.stop();
  });

  it("that has ended leaves everything on the phone, which can go on recording until somebody signs in", async () => {
    const bench = await signedIn();
    bench.server.expireAccess();
    bench.server.state.refresh = {};
    await read(bench, "one");
    await bench.pass(2_000);
    expect(bench.phone.sync.value).toMatchObject({ problem: "signed-out", unsent: 1 });
    expect(bench.phone.jobs.value).toHaveLength(1);
    await read(bench, "two");
    await bench.pass(120_000);
    expect(bench.phone.sync.value.unsent).toBe(2);
    await bench.signIn();
    await bench.calm();
    expect(bench.server.visit(VISIT).readings).toHaveLength(2);
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("of a revoked phone hands in what it holds, and forgets what it was told", async () => {
    const bench = await signedIn();
    const op = await read(bench);
    bench.server.revoke(Object.keys(bench.server.state.devices)[0] ?? "");
    await bench.pass(2_000);
    expect(bench.server.state.quarantine.map((one) => one.op)).toEqual([op]);
    expect(bench.phone.sync.value).toMatchObject({ problem: "revoked", unsent: 1 });
    expect(bench.phone.jobs.value).toEqual([]);
    expect(bench.phone.outbox.value).toMatchObject([{ op, handedIn: true }]);
    const late = await read(bench, "late");
    await bench.pass(120_000);
    expect(bench.server.state.quarantine.map((one) => one.op)).toEqual([op, late]);
    const handIns = () => bench.asked.filter((one) => one.path === "/sync/quarantine").length;
    const before = handIns();
    await bench.pass(10 * 60_000);
    expect(handIns()).toBe(before);
    // Allowed again: under a new id, and what was handed in is sent as well, for its id tells what is known.
    await bench.signIn();
    await bench.calm();
    expect(bench.server.visit(VISIT).readings).toHaveLength(2);
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("is refused in words when the password is wrong or nobody answers", async () => {
    const bench = new Bench(new Server());
    await bench.phone.start();
    await expect(bench.phone.signIn("ann@north.example", "guess")).rejects.toMatchObject({ code: "wrong-credentials" });
    bench.fault = () => "lost";
    await expect(bench.signIn()).rejects.toMatchObject({ code: "offline" });
    bench.fault = () => "portal";
    await expect(bench.signIn()).rejects.toMatchObject({ code: "captive-portal" });
    expect(bench.phone.session.value).toBeNull();
    await expect(read(bench)).rejects.toMatchObject({ code: "signed-out" });
    bench.phone.stop();
  });

  it("does not end while anything is on the phone only", async () => {
    const bench = await signedIn();
    bench.fault = () => "lost";
    await bench.phone.addPhoto(VISIT, new Blob(["jpeg"]), "label");
    await expect(bench.phone.signOut()).rejects.toMatchObject({ operations: 1, photos: 1 });
    await bench.calm();
    await bench.phone.signOut();
    expect(bench.phone.session.value).toBeNull();
    expect(await bench.look((db) => db.rows.count())).toBe(0);
    expect(await bench.look((db) => db.outbox.count())).toBe(1);
    bench.crash();
    await bench.restart();
    expect(bench.phone.session.value).toBeNull();
    expect(bench.phone.sync.value.problem).toBeNull();
    bench.phone.stop();
  });
});

describe("a push", () => {
  it("has at most 200 operations and 256 KiB, numbered without a gap, and is compressed", {
    timeout: 120_000,
  }, async () => {
    const bench = await signedIn();
    bench.fault = () => "lost";
    await Promise.all(Array.from({ length: 210 }, (_, place) => read(bench, `n${place}`)));
    const big = { visit_id: VISIT, name: "big", value: "x".repeat(30_000) };
    for (let place = 0; place < 10; place++) await bench.phone.record("reading.record", big);
    bench.asked.length = 0;
    await bench.calm();
    const batches = [await pushed(bench, 0), await pushed(bench, 1), await pushed(bench, 2)];
    expect(batches[0]?.ops).toHaveLength(200);
    expect(batches.every((batch) => batch.bytes <= 256 * 1024 && batch.packed)).toBe(true);
    expect(batches.flatMap((batch) => batch.ops.map((op) => op.seq))).toEqual(
      Array.from({ length: 220 }, (_, n) => n + 1),
    );
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("carries what was recorded to the letter, with the phone's clocks", async () => {
    const bench = await signedIn();
    bench.clock += 5_000;
    const op = await bench.phone.record("reading.record", { visit_id: VISIT, name: "a", value: "1" }, { base: 7 });
    await bench.pass(1_500);
    const { ops } = await pushed(bench);
    expect(ops).toEqual([
      {
        op,
        seq: 1,
        t: "reading.record",
        v: 1,
        job: JOB,
        base: 7,
        at: expect.stringMatching(/^2026-03-02T06:00:05\.\d+Z$/),
        mono: expect.any(Number),
        boot: "boot-0",
        body: { type: "reading.record", visit_id: VISIT, name: "a", value: "1" },
      },
    ]);
    bench.phone.stop();
  });

  it("refuses at once what is larger than one operation may be", async () => {
    const bench = await signedIn();
    const huge = { visit_id: VISIT, name: "n", value: "x".repeat(33 * 1024) };
    await expect(bench.phone.record("reading.record", huge)).rejects.toMatchObject({ code: "too-large" });
    expect(await bench.look((db) => db.outbox.count())).toBe(0);
    await read(bench);
    await bench.calm();
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("is sent again from where the server is when that is behind", async () => {
    const bench = await signedIn();
    for (const name of ["a", "b", "c"]) await read(bench, name);
    await bench.calm();
    // The server lost the last two, but not that it had the first: what it says then is believed.
    const [device] = Object.values(bench.server.state.devices);
    const acked = await bench.look((db) => db.setting("numbering"));
    for (const op of Object.keys(bench.server.state.journal).slice(1)) delete bench.server.state.journal[op];
    bench.server.visit(VISIT).readings.splice(1);
    if (device) device.last = 1;
    await bench.look((db) =>
      db.set("numbering", { ...(acked as NonNullable<typeof acked>), acked: { seq: 0, op: null } }),
    );
    await read(bench, "d");
    await bench.calm();
    expect(bench.server.visit(VISIT).readings.map((line) => line.name)).toEqual(["a", "b", "c", "d"]);
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("stops at what the server fails at, tries it again, and reads rows meanwhile", async () => {
    const bench = await signedIn();
    bench.server.failing.add("time.log");
    await read(bench, "before");
    await bench.phone.record("time.log", { visit_id: VISIT, kind: "labour", minutes: 5 });
    await read(bench, "after");
    bench.server.addJob(JOB.replace("b1", "b2"), VISIT.replace("c1", "c2"));
    await bench.pass(1_500);
    expect(bench.phone.sync.value).toMatchObject({ unsent: 2, online: true, problem: null });
    expect(bench.phone.jobs.value).toHaveLength(2);
    expect(bench.phone.jobs.value[0]?.visits[0]?.readings.map((line) => line.name)).toEqual(["before", "after"]);
    bench.server.failing.clear();
    await bench.pass(10_000);
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("shows a refused entry as a conflict and not on the sheet", async () => {
    const bench = await signedIn();
    await read(bench, "refuse me");
    await bench.pass(1_500);
    const [job] = bench.phone.jobs.value;
    expect(job?.visits[0]?.readings).toEqual([]);
    expect(job?.conflicts).toMatchObject([{ fate: "rejected", reason: "invalid-request" }]);
    bench.phone.stop();
  });
});

describe("enrolling anew", () => {
  it("numbers everything from one under a new id when the server was restored", async () => {
    const bench = await signedIn();
    const backup = bench.server.backup();
    await read(bench, "a");
    await bench.phone.addPhoto(VISIT, new Blob(["jpeg".repeat(50)]), "label");
    await bench.calm();
    const before = await bench.look((db) => db.setting("numbering"));
    bench.server.restore(backup);
    await read(bench, "b");
    await bench.calm();
    const after = await bench.look((db) => db.setting("numbering"));
    expect(after?.device).not.toBe(before?.device);
    expect(bench.server.visit(VISIT).readings.map((line) => line.name)).toEqual(["a", "b"]);
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("keeps the id it made when the answer is lost, and ends a try that leads nowhere with a pause", async () => {
    const bench = await signedIn();
    bench.server.state.devices = {};
    bench.fault = () => (bench.asked.at(-1)?.path === "/sync/enrol" ? "answer lost" : "none");
    await read(bench);
    await bench.pass(20_000);
    const ids = bench.asked
      .filter((one) => one.path === "/sync/enrol")
      .map((one) => JSON.parse(String(one.init.body)).device);
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(1);
    await bench.calm();
    await expectSettled(bench);
    bench.phone.stop();
  });
});

describe("a pull", () => {
  it("says that an update is needed, and goes on sending", async () => {
    const bench = await signedIn();
    bench.server.minApp = "99.0.0";
    await read(bench);
    await bench.pass(1_500);
    expect(bench.phone.sync.value).toMatchObject({ problem: "update-needed", unsent: 0, online: true });
    bench.phone.stop();
  });

  it("takes away what left the technician's scope", async () => {
    const bench = await signedIn();
    bench.server.takeAway(JOB, VISIT);
    bench.phone.syncNow();
    await bench.pass(1);
    expect(bench.phone.jobs.value).toEqual([]);
    bench.phone.stop();
  });

  it("that comes late, after a newer one, is not applied", async () => {
    const bench = await signedIn();
    const real = bench.server.answer.bind(bench.server);
    let late: (() => void) | null = null;
    bench.server.answer = async (path, init) => {
      const answer = await real(path, init);
      if (path === "/sync/pull" && !late) await new Promise<void>((resolve) => (late = resolve));
      return answer;
    };
    bench.phone.syncNow();
    await Promise.race([bench.pass(1), new Promise((resolve) => setTimeout(resolve, 50))]);
    expect(late).not.toBeNull();
    const held = bench.server.visit(VISIT);
    bench.server.put("me", "visit", VISIT, { ...held, state: "abandoned", abandoned_reason: "job-cancelled" });
    const other = new Bench(bench.server);
    Object.assign(other, { databases: bench.databases, notes: bench.notes });
    await other.restart();
    await other.pass(1);
    const token = await bench.look((db) => db.feeds.get("me"));
    (late as unknown as () => void)();
    await bench.rest();
    expect(await bench.look((db) => db.feeds.get("me"))).toEqual(token);
    expect(bench.phone.jobs.value[0]?.visits[0]?.state).toBe("abandoned");
    other.phone.stop();
    bench.phone.stop();
  });

  it("from a server with another history drops what that does not have", async () => {
    const bench = await signedIn();
    const backup = bench.server.backup();
    bench.server.addJob(JOB.replace("b1", "b2"), VISIT.replace("c1", "c2"));
    await bench.calm();
    expect(bench.phone.jobs.value).toHaveLength(2);
    bench.server.restore(backup);
    for (let n = 0; n < 5; n++) bench.server.put("me", "job", JOB, bench.server.state.rows.me[`job ${JOB}`]?.d);
    await bench.calm();
    expect(bench.phone.jobs.value).toHaveLength(1);
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("is not applied twice or out of turn when two tabs ask at once", async () => {
    const bench = await signedIn();
    bench.server.pageSize = 1;
    for (let n = 2; n < 6; n++) bench.server.addJob(`${JOB.slice(0, -1)}${n}`, `${VISIT.slice(0, -1)}${n}`);
    const other = new Bench(bench.server);
    Object.assign(other, { databases: bench.databases, notes: bench.notes });
    await other.restart();
    bench.phone.syncNow();
    other.phone.syncNow();
    await Promise.all([bench.pass(1), other.pass(1)]);
    await bench.calm();
    await other.rest();
    expect(bench.phone.jobs.value).toHaveLength(5);
    expect(other.phone.jobs.value).toHaveLength(5);
    await expectSettled(bench);
    other.phone.stop();
    bench.phone.stop();
  });
});

describe("signing out", () => {
  it("while rows are on their way leaves none of them on the phone", async () => {
    const bench = await signedIn();
    const real = bench.server.answer.bind(bench.server);
    await bench.look((db) => db.feeds.clear());
    bench.server.answer = async (path, init) => {
      const answer = await real(path, init);
      if (path === "/sync/pull") await bench.phone.signOut();
      return answer;
    };
    bench.phone.syncNow();
    await bench.pass(1);
    await bench.rest();
    expect(bench.phone.session.value).toBeNull();
    expect(await bench.look((db) => db.rows.count())).toBe(0);
    bench.phone.stop();
  });
});

describe("waiting", () => {
  it("grows from two seconds to five minutes, jittered, and a timer is always set", async () => {
    const bench = await signedIn();
    bench.fault = () => "lost";
    await read(bench);
    const tries: number[] = [];
    const send = bench.asked.push.bind(bench.asked);
    vi.spyOn(bench.asked, "push").mockImplementation((...asked) => {
      tries.push(bench.clock);
      return send(...asked);
    });
    await bench.pass(9 * 60_000);
    const pauses = tries.slice(1).map((at, place) => Math.round((at - (tries[place] ?? 0)) / 100) / 10);
    // Drawn from the middle: half of 2, 4, 8 … 300 seconds, after the least pause.
    expect(pauses.slice(0, 9)).toEqual([1.2, 2.2, 4.2, 8.2, 16.2, 32.2, 64.2, 128.2, 150.2]);
    bench.phone.stop();
  });

  it("ends when the server says when to come again", async () => {
    const bench = await signedIn();
    const real = bench.server.answer.bind(bench.server);
    bench.server.answer = async () => new Response("", { status: 503, headers: { "retry-after": "30" } });
    await read(bench);
    await bench.pass(20_000);
    expect(bench.phone.sync.value).toMatchObject({ online: true, unsent: 1 });
    expect(bench.asked).toHaveLength(1);
    bench.server.answer = real;
    await bench.pass(20_000);
    expect(bench.phone.sync.value.unsent).toBe(0);
    bench.phone.stop();
  });
});
