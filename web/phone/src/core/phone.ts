/** The technician's phone without its screens: storage, syncing, and what the screens show of both. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { liveQuery, type Subscription } from "dexie";
import { Account } from "./account";
import { DeviceDatabase } from "./database";
import { exported } from "./exporting";
import { type Memory, readMemory, writeMemory } from "./memory";
import { Network } from "./network";
import { signIn, signOut } from "./signing";
import type { Surroundings } from "./surroundings";
import { type JobView, NotSaved, type OutboxItem, type Session, type SyncState, UnsentWork, type Where } from "./views";
import type { LiveRow, RowKind } from "./wire";

export class Phone {
  private readonly device: DeviceDatabase;
  private readonly network: Network;
  private readonly account = signal<Account | null>(null);
  private readonly lost = signal<Memory | null>(null);
  private readonly persisted = signal<boolean | null>(null);
  private watching: Subscription | null = null;
  private asleep: (() => void) | null = null;
  private opening: Promise<void> = Promise.resolve();
  private stopped = false;

  readonly session: ReadonlySignal<Session | null> = computed(() => this.account.value?.session.value ?? null);
  readonly jobs: ReadonlySignal<JobView[]> = computed(() => this.account.value?.jobs.value ?? []);
  readonly outbox: ReadonlySignal<OutboxItem[]> = computed(() => this.account.value?.outbox.value ?? []);
  readonly sync: ReadonlySignal<SyncState> = computed(() => this.state());

  constructor(private readonly surroundings: Surroundings) {
    this.device = new DeviceDatabase(surroundings);
    this.network = new Network(surroundings);
  }

  private state(): SyncState {
    const account = this.account.value;
    const lost = this.lost.value;
    const stored = account?.stored.value;
    const local = account?.local.value;
    return {
      online: local?.online ?? this.surroundings.online(),
      syncing: local?.syncing ?? false,
      unsent: stored?.unsent ?? 0,
      photosUnsent: stored?.photosUnsent ?? 0,
      lastSyncAt: stored?.lastSyncAt ?? null,
      persisted: this.persisted.value,
      problem: lost ? "storage-wiped" : (local?.storage ?? stored?.ended ?? local?.problem ?? null),
      catalogue: local?.catalogue ?? null,
      lost: lost ? lost.unsent + lost.photos : 0,
    };
  }

  async start(): Promise<void> {
    const { surroundings } = this;
    const memory = readMemory(surroundings.notes);
    const current = (await this.device.current.get("current"))?.account ?? memory?.account;
    if (current) await this.open(current, memory);
    this.asleep = surroundings.onWake(() => this.account.peek()?.runner.now());
    // Another tab may sign in or out.
    this.watching = liveQuery(() => this.device.current.get("current")).subscribe((found) => {
      if (found && found.account !== this.account.peek()?.id) this.open(found.account, null).catch(() => undefined);
      if (!found && this.account.peek() && !this.lost.peek()) this.leave();
    });
    void surroundings.persist().then((answer) => {
      this.persisted.value = answer;
    });
  }

  /** Close everything; what is recorded stays. */
  stop(): void {
    this.stopped = true;
    this.asleep?.();
    this.watching?.unsubscribe();
    this.leave();
    this.device.close();
  }

  /** One after the other: signing in here and learning of it from the database would open the same account twice. */
  private open(id: string, memory: Memory | null): Promise<void> {
    this.opening = this.opening.catch(() => undefined).then(() => this.openNow(id, memory));
    return this.opening;
  }

  private async openNow(id: string, memory: Memory | null): Promise<void> {
    if (this.stopped || this.account.peek()?.id === id) return;
    const account = new Account(id, this.network, this.surroundings, (gone) => this.wiped(gone));
    const born = await account.db.setting("born");
    if (!born || (memory && memory.account === id && memory.born !== born)) {
      account.close();
      if (memory) this.lost.value = memory;
      return;
    }
    this.leave();
    this.lost.value = null;
    await this.device.current.put({ key: "current", account: id });
    await account.start(born);
    this.account.value = account;
  }

  private wiped(memory: Memory): void {
    this.leave();
    this.lost.value = memory;
  }

  private leave(): void {
    const account = this.account.peek();
    this.account.value = null;
    account?.close();
  }

  async signIn(login: string, password: string): Promise<void> {
    const id = await signIn(this.device, this.network, this.surroundings, login, password);
    const account = this.account.peek();
    if (account?.id === id) account.runner.now();
    else await this.open(id, null);
  }

  async signOut(): Promise<void> {
    const account = this.account.peek();
    if (!account) return;
    const { unsent, photos } = await account.onlyHere();
    if (unsent > 0 || photos > 0) throw new UnsentWork(unsent, photos);
    writeMemory(this.surroundings.notes, null);
    account.runner.stop();
    await signOut(this.device, account.db, this.network);
    this.leave();
  }

  async record(t: string, body: object, where: Where = {}): Promise<string> {
    return this.signedIn().record(t, { ...body }, where);
  }

  async addPhoto(visitId: string, blob: Blob, kind: string, caption = ""): Promise<string> {
    return this.signedIn().addPhoto(visitId, blob, kind, caption);
  }

  async exportOutbox(): Promise<Blob> {
    return exported(this.signedIn().db, new Date(this.surroundings.now()).toISOString());
  }

  syncNow(): void {
    this.account.peek()?.runner.now();
  }

  async catalogueRows(kind: RowKind): Promise<LiveRow[]> {
    return (await this.account.peek()?.catalogue.rows(kind)) ?? [];
  }

  private signedIn(): Account {
    const account = this.account.peek();
    if (!account) throw new NotSaved(this.lost.peek() ? "storage-wiped" : "signed-out");
    return account;
  }
}
