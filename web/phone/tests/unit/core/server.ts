/** A compact model of the server's side of the protocol, for tests of the phone only: see design, "Offline sync". */

import type {
  FeedName,
  JobRow,
  LiveRow,
  Op,
  OpResultLine,
  PullAnswer,
  PullRequest,
  PushAnswer,
  PushRequest,
  Result,
  RowKind,
  SheetLine,
  SnapshotChunk,
  SnapshotManifest,
  Tokens,
  VisitRow,
} from "../../../src/core/wire";
import { nextState, type Step } from "../../../src/rules/moves";

export const ACCOUNT = "00000000-0000-7000-8000-00000000000a";
export const PASSWORD = "a long pass phrase";

interface Journaled {
  sent: string;
  status: Result;
  reason?: string;
  answer?: unknown;
}

interface State {
  devices: Record<string, { last: number; revoked: boolean }>;
  access: Record<string, string>;
  refresh: Record<string, { device: string; next: string | null; spent: boolean }>;
  journal: Record<string, Journaled>;
  rows: Record<FeedName, Record<string, LiveRow>>;
  entries: Record<FeedName, Record<string, { seq: number; removed?: "reassigned" }>>;
  n: Record<FeedName, number>;
  marks: Record<FeedName, Record<number, string>>;
  uploads: Record<string, { length: number; sha256: string; received: number[] }>;
  quarantine: Op[];
  takenAway: string[];
}

const LIST: Record<string, string> = {
  "time.log": "times",
  "part.use": "parts",
  "expense.add": "expenses",
  "fault.record": "faults",
  "reading.record": "readings",
  "photo.add": "photos",
  "scan.record": "scans",
};
const BY_KIND: Record<string, string> = { time: "times", part: "parts", reading: "readings", photo: "photos" };

export class Server {
  state: State = {
    devices: {},
    access: {},
    refresh: {},
    journal: {},
    rows: { me: {}, catalogue: {}, codes: {} },
    entries: { me: {}, catalogue: {}, codes: {} },
    n: { me: 0, catalogue: 0, codes: 0 },
    marks: { me: {}, catalogue: {}, codes: {} },
    uploads: {},
    quarantine: [],
    takenAway: [],
  };
  pageSize = 50;
  /** Kinds of operations that fail on the server for now. */
  readonly failing = new Set<string>();
  minApp = "0.1.0";
  /** Chunks by their hash, and the manifest, when the catalogue has a snapshot. */
  chunks: Record<string, SnapshotChunk> = {};
  manifest: SnapshotManifest | null = null;
  pieceMax = Number.POSITIVE_INFINITY;
  private made = 0;

  constructor(private readonly random: () => number = Math.random) {}

  /** Something that could be restored later: the whole database. */
  backup(): State {
    return structuredClone(this.state);
  }

  /** Sessions go on: the real server recognises its own tokens after a restore. */
  restore(backup: State): void {
    const { access, refresh } = this.state;
    this.state = { ...structuredClone(backup), access, refresh };
  }

  /** A copy of the phone sends something of its own under the same device id. */
  clonePushes(device: string): void {
    const held = this.state.devices[device];
    if (!held) return;
    held.last += 1;
    this.state.journal[`clone ${held.last} ${this.random()}`] = { sent: "", status: "applied" };
  }

  revoke(device: string): void {
    const held = this.state.devices[device];
    if (held) held.revoked = true;
  }

  expireAccess(): void {
    this.state.access = {};
  }

  put(feed: FeedName, k: RowKind, id: string, d: unknown): void {
    this.bump(feed, k, id);
    this.state.rows[feed][`${k} ${id}`] = { k, id, ver: this.state.n[feed], d };
  }

  remove(feed: FeedName, k: RowKind, id: string): void {
    this.bump(feed, k, id, "reassigned");
    delete this.state.rows[feed][`${k} ${id}`];
  }

  private bump(feed: FeedName, k: RowKind, id: string, removed?: "reassigned"): void {
    const { state } = this;
    const seq = ++state.n[feed];
    state.marks[feed][seq] = Math.floor(this.random() * 2 ** 48)
      .toString(16)
      .padStart(16, "0");
    state.entries[feed][`${k} ${id}`] = removed ? { seq, removed } : { seq };
  }

  addJob(id: string, visitId: string): void {
    this.put("me", "job", id, job(id));
    this.put("me", "visit", visitId, visit(visitId, id));
  }

  /** The job goes to somebody else: it leaves the phone, and what comes for it is kept for the office. */
  takeAway(jobId: string, visitId: string): void {
    this.state.takenAway.push(visitId);
    this.remove("me", "job", jobId);
    this.remove("me", "visit", visitId);
  }

  visit(id: string): VisitRow {
    return this.state.rows.me[`visit ${id}`]?.d as VisitRow;
  }

  async answer(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    const bearer = headers.get("authorization")?.slice(7) ?? "";
    const device = this.state.access[bearer];
    if (path === "/sign-in") return this.signIn(await bodyOf(init, headers));
    if (path === "/sign-in/refresh") return this.refreshed(await bodyOf(init, headers));
    if (path === "/sync/quarantine") return this.quarantined(await bodyOf(init, headers));
    if (device === undefined || this.state.devices[device]?.revoked) return problem(401, "not-signed-in");
    if (path === "/me") return json({ partner_id: null });
    if (path === "/sign-out") return json({});
    if (path === "/sync/enrol") return ours(this.tokens((await bodyOf<{ device: string }>(init, headers)).device));
    if (path === "/sync/push") return ours(this.push(await bodyOf(init, headers)));
    if (path === "/sync/pull") return ours(this.pull(await bodyOf(init, headers)));
    if (path.startsWith("/sync/snapshots/")) return this.manifest ? json(this.manifest) : problem(404, "not-found");
    if (path.startsWith("/sync/chunks/")) {
      const chunk = this.chunks[path.slice("/sync/chunks/".length)];
      return chunk ? json(chunk) : problem(404, "not-found");
    }
    if (path.startsWith("/uploads")) return this.upload(path, init, headers);
    return problem(404, "no-such-route");
  }

  private tokens(device: string): Tokens {
    const access_token = `access-${++this.made}`;
    const refresh_token = `refresh-token-${this.made}`;
    this.state.devices[device] ??= { last: 0, revoked: false };
    this.state.access[access_token] = device;
    this.state.refresh[refresh_token] = { device, next: null, spent: false };
    return {
      access_token,
      access_seconds: 600,
      refresh_token,
      account_id: ACCOUNT,
      name: "Ann",
      role: "technician",
      language: "en",
      session_id: device,
      device_id: device,
    };
  }

  private signIn(asked: { password: string; phone: { id: string } }): Response {
    if (asked.password !== PASSWORD) return problem(401, "wrong-credentials");
    if (this.state.devices[asked.phone.id]?.revoked) return problem(401, "session-ended");
    return json(this.tokens(asked.phone.id));
  }

  /** A repeated exchange gets the same successor; one that is older still ends the session. */
  private refreshed(asked: { refresh_token: string }): Response {
    const held = this.state.refresh[asked.refresh_token];
    if (!held || held.spent || this.state.devices[held.device]?.revoked) return problem(401, "session-ended");
    const tokens = this.tokens(held.device);
    const next = held.next ?? tokens.refresh_token;
    for (const one of Object.values(this.state.refresh)) if (one.next === asked.refresh_token) one.spent = true;
    held.next = next;
    return json({ ...tokens, refresh_token: next });
  }

  private quarantined(asked: { refresh_token: string; ops: Op[] }): Response {
    const device = this.state.refresh[asked.refresh_token]?.device;
    if (!device || !this.state.devices[device]?.revoked) return problem(401, "not-signed-in");
    this.state.quarantine.push(...asked.ops);
    return ours({ kept: asked.ops.length });
  }

  private push(request: PushRequest): PushAnswer {
    const device = this.state.devices[request.device];
    const results: OpResultLine[] = [];
    const done = (status: PushAnswer["status"]): PushAnswer => {
      return { server_time: new Date().toISOString(), last_seq: device?.last ?? 0, status, results };
    };
    if (!device) return done("unknown_device");
    if (this.isRewound(request, device.last)) return done("rewound");
    for (const op of request.ops) {
      if (op.seq > device.last + 1) return done("gap");
      const known = this.state.journal[op.op];
      const sent = JSON.stringify([op.t, op.v, op.job, op.base, op.at, op.body]);
      if (known && known.sent !== sent) throw new Error("an operation changed its content");
      if (!known && op.seq <= device.last) return done("forked");
      if (!known && this.failing.has(op.t)) {
        results.push({ op: op.op, seq: op.seq, status: "retry", reason: "server-error", replayed: false });
        return done("retry");
      }
      const entry = known ?? { sent, ...this.carryOut(op) };
      this.state.journal[op.op] = entry;
      device.last = Math.max(device.last, op.seq);
      const { status, reason, answer } = entry;
      results.push({ op: op.op, seq: op.seq, status, reason, answer, replayed: known !== undefined });
    }
    return done("ok");
  }

  private isRewound(request: { acked: { seq: number; op: string | null } }, last: number): boolean {
    const { seq, op } = request.acked;
    return seq > last || (op !== null && !this.state.journal[op]);
  }

  private carryOut(op: Op): { status: Result; reason?: string; answer?: unknown } {
    const body = op.body as Record<string, string>;
    if (op.t === "job.accept") {
      const key = `job ${body.job_id}`;
      const held = this.state.rows.me[key]?.d as JobRow;
      this.put("me", "job", held.id, { ...held, state: "accepted" });
      return { status: "applied" };
    }
    const id = body.visit_id ?? this.visitWith(body.line_id ?? "");
    if (!id) return { status: "recorded", reason: "unknown-line" };
    if (this.state.takenAway.includes(id)) return { status: "recorded", reason: "job-reassigned" };
    const held = structuredClone(this.visit(id));
    const outcome = op.t.startsWith("visit.") ? this.step(held, op) : this.line(held, op);
    this.put("me", "visit", id, held);
    return outcome;
  }

  private step(held: VisitRow, op: Op): { status: Result; reason?: string } {
    const step = op.t.slice("visit.".length);
    const then = nextState(held.state, step as Step);
    if (then === "impossible") return { status: "recorded", reason: "step-out-of-order" };
    const at = String(op.body.at);
    held.steps.push({ step, at, client_at: at, received_at: at, superseded: then === "superseded" });
    if (then === "superseded") return { status: "superseded" };
    held.state = then;
    return { status: "applied" };
  }

  private line(held: VisitRow, op: Op): { status: Result; reason?: string; answer?: unknown } {
    const lists = held as unknown as Record<string, SheetLine[]>;
    if (op.t === "line.void") {
      const line = lists[BY_KIND[String(op.body.kind)] ?? ""]?.find((one) => one.id === op.body.line_id);
      if (!line || line.voided_at) return { status: "superseded" };
      line.voided_at = op.at;
      line.void_reason = String(op.body.reason);
      return { status: "applied" };
    }
    const list = lists[LIST[op.t] ?? ""];
    if (!list) return { status: "recorded", reason: "unknown-version" };
    if (op.body.name === "refuse me") return { status: "rejected", reason: "invalid-request" };
    list.push({ ...op.body, id: op.op, entered_at: op.at, voided_at: null, void_reason: null });
    return { status: "applied", answer: { id: op.op } };
  }

  private visitWith(line: string): string | undefined {
    const visits = Object.values(this.state.rows.me).filter((row) => row.k === "visit");
    return visits.find((row) => JSON.stringify(row.d).includes(`"id":"${line}"`))?.id;
  }

  private pull(request: PullRequest): PullAnswer {
    const last = this.state.devices[request.device]?.last;
    const head = { server_time: new Date().toISOString(), min_app: this.minApp, last_seq: last ?? 0, feeds: {} };
    if (last === undefined) return { ...head, status: "unknown_device" };
    if (this.isRewound(request, last)) return { ...head, status: "rewound" };
    const answer: PullAnswer = { ...head, status: "ok" };
    for (const name of Object.keys(request.feeds) as FeedName[]) answer.feeds[name] = this.page(name, request);
    return answer;
  }

  private page(name: FeedName, request: PullRequest) {
    const { n, marks, entries, rows } = this.state;
    const token = request.feeds[name] ?? { pos: 0, head: 0, tag: "" };
    const reset = token.head > 0 && (token.head > n[name] || marks[name][token.head] !== token.tag);
    const from = reset ? 0 : token.pos;
    if (name === "catalogue" && this.manifest && from < this.manifest.token.pos) {
      return { reset, rows: [], token: { pos: 0, head: 0, tag: "" }, more: true, snapshot: true };
    }
    const due = Object.entries(entries[name])
      .filter(([, entry]) => entry.seq > from && (from > 0 || !entry.removed))
      .sort(([, one], [, other]) => one.seq - other.seq);
    const page = due.slice(0, Math.min(this.pageSize, request.limit ?? 500));
    const head = { pos: n[name], head: n[name], tag: marks[name][n[name]] ?? "" };
    const more = page.length < due.length;
    return {
      reset,
      rows: page.map(([key, { seq, removed }]) => {
        const [k, id] = key.split(" ") as [RowKind, string];
        return removed ? { k, id, ver: seq, removed } : { k, id, ver: seq, d: structuredClone(rows[name][key]?.d) };
      }),
      token: more ? { ...head, pos: page.at(-1)?.[1].seq ?? from } : head,
      more,
    };
  }

  private async upload(path: string, init: RequestInit, headers: Headers): Promise<Response> {
    const { uploads } = this.state;
    const told = (status: number, id: string) =>
      new Response(null, {
        status,
        headers: { "tus-resumable": "1.0.0", "upload-offset": String(uploads[id]?.received.length) },
      });
    if (init.method === "POST") {
      const said = Object.fromEntries(
        (headers.get("upload-metadata") ?? "").split(",").map((pair) => pair.split(" ") as [string, string]),
      );
      const id = atob(said.id ?? "");
      const is = uploads[id] !== undefined;
      uploads[id] ??= { length: Number(headers.get("upload-length")), sha256: atob(said.sha256 ?? ""), received: [] };
      return told(is ? 200 : 201, id);
    }
    const id = path.slice("/uploads/".length);
    const held = uploads[id];
    if (!held) return problem(404, "not-found");
    if (Number(headers.get("upload-offset")) !== held.received.length) return problem(409, "wrong-offset");
    const bytes = new Uint8Array(init.body as ArrayBuffer);
    held.received.push(...bytes.subarray(0, this.pieceMax));
    return told(204, id);
  }
}

async function bodyOf<T>(init: RequestInit, headers: Headers): Promise<T> {
  let body = new Response(init.body).body as ReadableStream<Uint8Array<ArrayBuffer>>;
  if (headers.get("content-encoding") === "gzip") body = body.pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(body).json()) as T;
}

function json(content: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(content), { headers: { "content-type": "application/json", ...headers } });
}

function ours(content: unknown): Response {
  return json(content, { "fieldstone-protocol": "1" });
}

function problem(status: number, code: string): Response {
  return new Response(JSON.stringify({ status, code }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}

/** A dull job. */
export function job(id: string, more: Partial<JobRow> = {}): JobRow {
  return {
    id,
    number: 1042,
    kind: "repair",
    mode: "on_site",
    state: "assigned",
    priority: 3,
    subject: "Does not drain",
    problem: "",
    tools: "",
    reminder: "",
    estimated_minutes: null,
    required_from: null,
    required_to: null,
    sibling_of: null,
    version: 1,
    customer: { id, name: "Laundry", customer_class: "direct" },
    contact: null,
    site: { id, name: "Cellar", address: "1 Main St", city: "Ulm", time_zone: "Europe/Berlin" },
    unit: null,
    coverage: null,
    history: [],
    ...more,
  };
}

/** A planned visit with an empty sheet. */
export function visit(id: string, jobId: string, more: Partial<VisitRow> = {}): VisitRow {
  return {
    id,
    job_id: jobId,
    number: 1,
    state: "planned",
    planned_from: "2026-03-02T08:00:00Z",
    planned_to: "2026-03-02T10:00:00Z",
    travelled_at: null,
    arrived_at: null,
    started_at: null,
    completed_at: null,
    abandoned_reason: null,
    result: null,
    summary: "",
    signed_by: null,
    no_signature_reason: null,
    keyed_in_by_office: false,
    clock_uncertain: false,
    overlaps_actual: false,
    version: 1,
    steps: [],
    times: [],
    parts: [],
    expenses: [],
    faults: [],
    readings: [],
    photos: [],
    scans: [],
    ...more,
  };
}
