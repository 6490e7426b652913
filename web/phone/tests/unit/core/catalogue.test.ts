import { describe, expect, it } from "vitest";
import { base32, newCollectionSecret, sha256 } from "../../../src/core/hashing";
import { isOlder } from "../../../src/core/runner";
import type { LiveRow, PartRow, RowKind, SnapshotChunk } from "../../../src/core/wire";
import { afterEachCommit, Bench, JOB, VISIT } from "./bench";
import { Server } from "./server";
import { expectSettled } from "./settled";

const part = (id: string, name = `Part ${id}`): PartRow => ({
  id,
  number: `N-${id}`,
  name,
  name_zh: "",
  unit_of_measure: "pcs",
  claimable: true,
  key_part: false,
  serialised: false,
});

async function chunkOf(k: RowKind, rows: object[]): Promise<[string, SnapshotChunk]> {
  const columns = Object.keys(rows[0] ?? {});
  const values = columns.map((column) => rows.map((row) => (row as Record<string, unknown>)[column]));
  const chunk = { k, columns, values };
  return [await sha256(JSON.stringify(chunk)), chunk];
}

/** Give the server a snapshot of its catalogue as it is now, in pieces of two rows. */
async function snapshot(server: Server): Promise<string[]> {
  const rows = Object.values(server.state.rows.catalogue);
  const pieces = await Promise.all(
    [0, 2, 4].map((first) =>
      chunkOf(
        "part",
        rows.slice(first, first + 2).map((row) => row.d as object),
      ),
    ),
  );
  server.chunks = Object.fromEntries(pieces);
  const n = server.state.n.catalogue;
  server.manifest = {
    feed: "catalogue",
    token: { pos: n, head: n, tag: server.state.marks.catalogue[n] ?? "" },
    built_at: "2026-03-01T00:00:00Z",
    rows: rows.length,
    chunks: pieces.map(([name, chunk]) => ({ sha256: name, rows: chunk.values[0]?.length ?? 0, bytes: 1 })),
  };
  return pieces.map(([name]) => name);
}

async function withCatalogue(): Promise<Bench> {
  const server = new Server();
  server.addJob(JOB, VISIT);
  for (let n = 0; n < 6; n++) server.put("catalogue", "part", `p${n}`, part(`p${n}`));
  const fault = { id: "f1", code: "F1", name: "Noisy", name_zh: "", group_code: "", group_name: "", group_name_zh: "" };
  server.put("codes", "fault_code", "f1", { ...fault, no_fault_found: false });
  server.put("codes", "labour_operation", "l1", {
    id: "l1",
    code: "L1",
    name: "Pump",
    name_zh: "",
    standard_minutes: 40,
  });
  await snapshot(server);
  const bench = new Bench(server);
  await bench.phone.start();
  return bench;
}

const names = (rows: LiveRow[]) => rows.map((row) => (row.d as PartRow).name).sort();
const all = [0, 1, 2, 3, 4, 5].map((n) => `Part p${n}`);
const loads = (bench: Bench) => bench.asked.filter((one) => one.path.startsWith("/sync/chunks/")).length;

describe("the catalogue", () => {
  it("comes in pieces, and what changes afterwards lies over them", async () => {
    const bench = await withCatalogue();
    await bench.signIn();
    await bench.calm();
    expect(loads(bench)).toBe(3);
    expect(names(await bench.phone.catalogueRows("part"))).toEqual(all);
    const held = await bench.phone.catalogueRows("part");
    bench.server.put("me", "job", JOB, bench.server.state.rows.me[`job ${JOB}`]?.d);
    await bench.calm();
    await bench.rest();
    expect(await bench.phone.catalogueRows("part")).toBe(held);
    bench.server.put("catalogue", "part", "p1", part("p1", "Renamed"));
    bench.server.remove("catalogue", "part", "p2");
    bench.server.put("catalogue", "part", "p9", part("p9"));
    await bench.calm();
    await bench.rest();
    expect(names(await bench.phone.catalogueRows("part"))).toEqual([
      "Part p0",
      "Part p3",
      "Part p4",
      "Part p5",
      "Part p9",
      "Renamed",
    ]);
    expect((await bench.phone.catalogueRows("fault_code")).map((row) => row.id)).toEqual(["f1"]);
    bench.phone.stop();
  });

  it("goes on where it stopped when the phone dies, and is used only when it is whole", async () => {
    const bench = await withCatalogue();
    await bench.signIn();
    const stop = afterEachCommit((stores) => {
      if (stores.includes("chunks") && loads(bench) === 2) bench.crash();
    });
    await bench.alive(bench.calm());
    stop();
    await bench.restart();
    expect(await bench.phone.catalogueRows("part")).toEqual([]);
    await bench.calm();
    expect(loads(bench)).toBe(3);
    expect(names(await bench.phone.catalogueRows("part"))).toEqual(all);
    bench.phone.stop();
  });

  it("serves as it was until a newer one is whole, of which only new pieces are loaded", async () => {
    const bench = await withCatalogue();
    await bench.signIn();
    await bench.calm();
    const before = loads(bench);
    // The server was restored and has a new history; most of its catalogue is the same.
    bench.server.state.marks.catalogue = {};
    bench.server.put("catalogue", "part", "p5", part("p5", "Changed"));
    const pieces = await snapshot(bench.server);
    bench.fault = () => (bench.asked.at(-1)?.path === `/sync/chunks/${pieces[2]}` ? "cut" : "none");
    bench.phone.syncNow();
    await bench.pass(1);
    expect(names(await bench.phone.catalogueRows("part"))).toEqual(all);
    await bench.calm();
    await bench.rest();
    expect(names(await bench.phone.catalogueRows("part"))).toEqual(["Changed", ...all.slice(0, 5)]);
    expect(loads(bench)).toBe(before + 2);
    expect(await bench.look((db) => db.chunks.count())).toBe(3);
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("begins again when the server has replaced the snapshot meanwhile", async () => {
    const bench = await withCatalogue();
    await bench.signIn();
    const old = bench.server.chunks;
    const replaced = bench.server.answer.bind(bench.server);
    bench.server.answer = async (path, init) => {
      const answer = await replaced(path, init);
      if (path === "/sync/snapshots/catalogue" && bench.server.chunks === old) {
        bench.server.put("catalogue", "part", "p0", part("p0", "New"));
        await snapshot(bench.server);
      }
      return answer;
    };
    await bench.calm();
    await bench.pass(10_000);
    await bench.calm();
    expect(names(await bench.phone.catalogueRows("part"))).toEqual(["New", ...all.slice(1)]);
    bench.phone.stop();
  });

  it("gives lines their words, also before the server has them", async () => {
    const bench = await withCatalogue();
    const component = {
      id: "m1c",
      code: "M3",
      name: "Motor",
      name_zh: "",
      designator: "",
      designator_pattern: "",
      serialised: false,
    };
    bench.server.manifest = null;
    const model = {
      id: "m1",
      code: "X",
      gtin: null,
      name: "X",
      name_zh: "",
      product_line: "",
      serial_pattern: "",
      components: [component],
    };
    bench.server.put("catalogue", "model", "m1", model);
    await bench.signIn();
    await bench.calm();
    bench.fault = () => "lost";
    const { phone } = bench;
    await phone.record("part.use", {
      visit_id: VISIT,
      kind: "used",
      part_id: "p3",
      quantity: 1,
      unit_of_measure: "pcs",
      model_component_id: "m1c",
    });
    await phone.record("fault.record", { visit_id: VISIT, fault_code_id: "f1", symptom: "Hum" });
    await phone.record("time.log", { visit_id: VISIT, kind: "labour", minutes: 30, labour_operation_id: "l1" });
    await phone.record("part.use", {
      visit_id: VISIT,
      kind: "used",
      part_id: "unknown",
      quantity: 1,
      unit_of_measure: "pcs",
    });
    await bench.rest();
    const [visit] = phone.jobs.value[0]?.visits ?? [];
    expect(visit?.parts).toMatchObject([
      { number: "N-p3", name: "Part p3", component: "M3" },
      { number: "", name: "" },
    ]);
    expect(visit?.faults).toMatchObject([{ code: "F1", name: "Noisy", component: null }]);
    expect(visit?.times).toMatchObject([{ operation: "L1", operation_name: "Pump", standard_minutes: 40 }]);
    bench.phone.stop();
  });
});

describe("a photo", () => {
  it("goes up in pieces and goes on after any cut", async () => {
    const bench = await withCatalogue();
    await bench.signIn();
    await bench.calm();
    bench.server.pieceMax = 7;
    const bytes = "0123456789".repeat(5);
    let asked = 0;
    bench.fault = () => (["none", "answer lost", "lost"] as const)[asked++ % 3] ?? "none";
    const op = await bench.phone.addPhoto(VISIT, new Blob([bytes]), "label", "plate");
    await bench.rest();
    expect(bench.phone.jobs.value[0]?.visits[0]).toMatchObject({
      photosWaiting: 1,
      photos: [{ id: op, arrived: false }],
    });
    expect(bench.phone.outbox.value[0]).toMatchObject({ op, bytesWaiting: true });
    await bench.pass(60_000);
    await bench.calm();
    const upload = bench.server.state.uploads[op];
    expect(String.fromCharCode(...(upload?.received ?? []))).toBe(bytes);
    expect(upload?.sha256).toBe(await sha256(bytes));
    await expectSettled(bench);
    bench.phone.stop();
  });

  it("that the server will never take does not stop the others", async () => {
    const bench = await withCatalogue();
    await bench.signIn();
    await bench.calm();
    const first = await bench.phone.addPhoto(VISIT, new Blob(["a"]), "label");
    const second = await bench.phone.addPhoto(VISIT, new Blob(["b"]), "after");
    const real = bench.server.answer.bind(bench.server);
    bench.server.answer = async (path, init) => {
      if (path !== `/uploads/${first}`) return real(path, init);
      const body = JSON.stringify({ code: "wrong-media-type" });
      return new Response(body, { status: 415, headers: { "content-type": "application/problem+json" } });
    };
    await bench.calm();
    expect(bench.server.state.uploads[second]?.received).toHaveLength(1);
    expect((await bench.look((db) => db.attachments.get(first)))?.refused).toBe("wrong-media-type");
    expect(bench.phone.sync.value.photosUnsent).toBe(0);
    bench.phone.stop();
  });
});

describe("secrets and versions", () => {
  it("are hashed as the server hashes them", async () => {
    expect(base32(Uint8Array.from({ length: 16 }, (_, n) => n))).toBe("AAAQEAYEAUDAOCAJBIFQYDIOB4");
    const { code, pin, code_hash, pin_hash } = await newCollectionSecret();
    expect(code).toMatch(/^[A-Z2-7]{26}$/);
    expect(pin).toMatch(/^[0-9]{6}$/);
    expect([code_hash, pin_hash]).toEqual([await sha256(`collect:${code}`), await sha256(`pin:${code}:${pin}`)]);
    // Computed by the server's own function for this code and the PIN 012345.
    const fixed = "MZXW6YTBOI5DGMRTGQ2TKNRXHA";
    expect(await sha256(`collect:${fixed}`)).toBe("df891a99cf88c762d5d01d31c694c89fd4bdc0ac22542461a226eb76d7bed4a3");
    expect(await sha256(`pin:${fixed}:012345`)).toBe(
      "6a684f8c71343f5ec25d2936045cdfc7641bfde7709f68f4eed27131452b828c",
    );
  });

  it("are compared part by part", () => {
    const told = [
      ["1.2.3", "1.2.3"],
      ["1.9.0", "1.10.0"],
      ["2.0", "1.9.9"],
      ["0.1.0", "1"],
    ];
    expect(told.map(([own, least]) => isOlder(own ?? "", least ?? ""))).toEqual([false, true, false, true]);
  });
});
