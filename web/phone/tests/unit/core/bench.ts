/** A phone on the bench: its own storage, a clock that is moved by hand, a network that can be cut. */

import { Dexie } from "dexie";
import { IDBDatabase as FakeDatabase, IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { AccountDatabase } from "../../../src/core/database";
import { Phone } from "../../../src/core/phone";
import type { Locks, Notes, Surroundings } from "../../../src/core/surroundings";
import { ACCOUNT, PASSWORD, Server } from "./server";

// Queries that follow the database work only where there is one in general, besides that of each bench.
Dexie.dependencies.indexedDB = new IDBFactory() as globalThis.IDBFactory;
Dexie.dependencies.IDBKeyRange = IDBKeyRange;

/** Called after every write transaction on any database of any bench, before anybody learns that it is complete. */
let committed: ((names: string[]) => void) | null = null;
/** Transactions under way: a phone at rest has none. */
let busy = 0;
const transaction = FakeDatabase.prototype.transaction;
FakeDatabase.prototype.transaction = function (...given: Parameters<typeof transaction>) {
  const begun = transaction.apply(this, given);
  busy += 1;
  for (const end of ["complete", "abort"]) begun.addEventListener(end, () => (busy -= 1));
  if (given[1] === "readwrite") {
    const stores = given[0];
    begun.addEventListener("complete", () => committed?.(typeof stores === "string" ? [stores] : [...stores]));
  }
  return begun;
};

/** What the network does to one request. */
export type Fault = "none" | "lost" | "answer lost" | "twice" | "cut" | "portal";

/** The job and the visit that there is to begin with. */
export const JOB = "00000000-0000-7000-8000-0000000000b1";
export const VISIT = "00000000-0000-7000-8000-0000000000c1";

/** A phone at rest whose technician has signed in and has one job. */
export async function signedIn(): Promise<Bench> {
  const server = new Server();
  server.addJob(JOB, VISIT);
  const bench = new Bench(server);
  await bench.phone.start();
  await bench.signIn();
  await bench.calm();
  bench.asked.length = 0;
  return bench;
}

export class Bench {
  /** Survive a crash: what the browser keeps. */
  readonly databases = { indexedDB: new IDBFactory() as globalThis.IDBFactory, IDBKeyRange };
  readonly notes = new MapNotes();
  locks: Locks | null = null;
  clock = Date.parse("2026-03-02T06:00:00Z");
  fault: () => Fault = () => "none";
  /** Everything asked of the server, for tests that look at it. */
  readonly asked: { path: string; init: RequestInit }[] = [];
  phone: Phone;
  private generation = 0;
  private timers: { due: number; fire: () => void }[] = [];
  private died: Promise<void>;
  private die = () => {};

  constructor(readonly server: Server) {
    this.died = this.nextDeath();
    this.phone = this.newPhone();
  }

  private nextDeath(): Promise<void> {
    return new Promise((resolve) => {
      this.die = resolve;
    });
  }

  private newPhone(): Phone {
    return new Phone(this.surroundings());
  }

  surroundings(): Surroundings {
    const generation = this.generation;
    const boot = `boot-${generation}`;
    const bootedAt = this.clock;
    const alive = () => this.generation === generation;
    return {
      fetch: async (path, init) => {
        const answer = await this.send(path, init);
        this.onAnswer?.();
        return alive() ? answer : new Promise<Response>(() => {});
      },
      locks: this.locks,
      notes: this.notes,
      databases: this.databases,
      now: () => this.clock,
      mono: () => this.clock - bootedAt,
      boot,
      random: () => 0.5,
      later: (ms, then) => {
        const timer = { due: this.clock + ms, fire: () => alive() && then() };
        this.timers.push(timer);
        return () => {
          this.timers = this.timers.filter((one) => one !== timer);
        };
      },
      online: () => true,
      onWake: () => () => {},
      persist: async () => true,
      phoneName: "Bench phone",
    };
  }

  /** Called when an answer has come, before the phone gets it. */
  onAnswer: (() => void) | null = null;

  private async send(path: string, init: RequestInit): Promise<Response> {
    this.asked.push({ path, init });
    const fault = this.fault();
    if (fault === "lost") throw new TypeError("network");
    if (fault === "portal") return new Response("<html>Welcome</html>", { headers: { "content-type": "text/html" } });
    const answer = await this.server.answer(path, init);
    if (fault === "answer lost") throw new TypeError("network");
    if (fault === "twice") await this.server.answer(path, init);
    if (fault === "cut" && answer.body) {
      const text = await answer.text();
      return new Response(text.slice(0, text.length / 2), { status: answer.status, headers: answer.headers });
    }
    return answer;
  }

  /** Throw the phone away as it is: connections close, nothing it still does has an effect. */
  crash(): void {
    this.generation += 1;
    this.timers = [];
    this.phone.stop();
    this.die();
  }

  /** Start the app again on the same storage. */
  async restart(): Promise<void> {
    this.died = this.nextDeath();
    this.phone = this.newPhone();
    await this.alive(this.phone.start());
  }

  /** Wait for something, but not beyond the phone's death; returns whether it came to its end. */
  async alive(doing: Promise<unknown>): Promise<boolean> {
    const { generation } = this;
    let ended = false;
    const end = doing.then(
      () => {
        ended = this.generation === generation;
      },
      (error: unknown) => {
        // What a dead phone complains of is that its storage was closed.
        if (this.generation === generation) throw error;
      },
    );
    await Promise.race([end, this.died]);
    return ended;
  }

  async signIn(): Promise<void> {
    await this.phone.signIn("ann@north.example", PASSWORD);
  }

  /** Move the clock, firing what becomes due, and let the phone come to rest after each. */
  async pass(ms: number): Promise<void> {
    const until = this.clock + ms;
    for (;;) {
      const next = this.timers.sort((one, other) => one.due - other.due)[0];
      if (!next || next.due > until) break;
      this.timers.shift();
      this.clock = Math.max(this.clock, next.due);
      next.fire();
      await this.rest();
    }
    this.clock = until;
  }

  /** Let everything under way end. */
  async rest(): Promise<void> {
    const generation = this.generation;
    do {
      for (let quiet = 0; quiet < 4; quiet = busy > 0 ? 0 : quiet + 1) await turn();
      // What waits for a timer inside a round (a repeated refresh) would wait for ever.
      if (this.phone.sync.value.syncing && this.timers.length > 0 && (await this.stuck())) this.fireFirst();
    } while (this.generation === generation && this.phone.sync.value.syncing);
  }

  private async stuck(): Promise<boolean> {
    const before = this.asked.length;
    for (let waited = 0; waited < 40; waited++) {
      await turn();
      if (!this.phone.sync.value.syncing || this.asked.length !== before) return false;
    }
    return true;
  }

  private fireFirst(): void {
    const next = this.timers.sort((one, other) => one.due - other.due).shift();
    if (!next) return;
    this.clock = Math.max(this.clock, next.due);
    next.fire();
  }

  /** Sync with nothing in the way until nothing is left to send. */
  async calm(): Promise<void> {
    this.fault = () => "none";
    for (let round = 0; round < 30; round++) {
      this.phone.syncNow();
      await this.pass(1);
      const { unsent, photosUnsent, problem } = this.phone.sync.value;
      if (unsent === 0 && photosUnsent === 0 && problem === null) break;
    }
  }

  /** A look into the phone's storage, apart from the phone. */
  async look<T>(read: (db: AccountDatabase) => Promise<T>): Promise<T> {
    const db = new AccountDatabase(ACCOUNT, this.surroundings());
    try {
      return await read(db);
    } finally {
      db.close();
    }
  }
}

/** Call `then` after each write transaction, until the returned function is called. */
export function afterEachCommit(then: (stores: string[]) => void): () => void {
  committed = then;
  return () => {
    committed = null;
  };
}

/** Let everything that is due run: queries that follow the database wait for a timer of none. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 0));
}

class MapNotes implements Notes {
  readonly held = new Map<string, string>();

  getItem(key: string): string | null {
    return this.held.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.held.set(key, value);
  }

  removeItem(key: string): void {
    this.held.delete(key);
  }
}
