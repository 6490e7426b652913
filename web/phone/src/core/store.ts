/** The facade the screens use: what they show as signals, what they do as functions. */

import type { ReadonlySignal } from "@preact/signals";
import { signal } from "@preact/signals";
import type { JobView, OutboxItem, Session, SyncState, Where } from "./views";
import type { LiveRow, RowKind } from "./wire";

export type {
  CollectionSecret,
  Fate,
  JobView,
  OutboxItem,
  Session,
  SyncProblem,
  SyncState,
  VisitView,
  Where,
} from "./views";
export { NotSaved, SignInProblem, UnsentWork } from "./views";

export const session: ReadonlySignal<Session | null> = signal<Session | null>(null);
export const sync: ReadonlySignal<SyncState> = signal<SyncState>({
  online: true,
  syncing: false,
  unsent: 0,
  photosUnsent: 0,
  lastSyncAt: null,
  persisted: null,
  problem: null,
  catalogue: null,
  lost: 0,
});
export const jobs: ReadonlySignal<JobView[]> = signal<JobView[]>([]);
/** Newest first. */
export const outbox: ReadonlySignal<OutboxItem[]> = signal<OutboxItem[]>([]);

/** Open the databases, show what is on the phone, and begin to sync. */
export async function start(): Promise<void> {}

/** Sign in; raises SignInProblem. Work recorded before stays and goes on being sent. */
export async function signIn(_login: string, _password: string): Promise<void> {}

/** Sign out; raises UnsentWork while anything is on this phone only. */
export async function signOut(): Promise<void> {}

/** Queue a command; returns its op id, which is the id of the line it adds. Resolved only when it is safely stored. */
export async function record(_t: string, _body: object, _where: Where = {}): Promise<string> {
  return "";
}

/** Store a photo with its bytes; returns its op id, which is the photo's id. Resolved only when it is safely stored. */
export async function addPhoto(_visitId: string, _blob: Blob, _kind: string, _caption = ""): Promise<string> {
  return "";
}

/** Everything that was recorded on this phone, with unsent photos, as one JSON file: a last resort. */
export async function exportOutbox(): Promise<Blob> {
  return new Blob([]);
}

/** Sync now instead of at the next occasion. */
export function syncNow(): void {}

/** All rows of one kind of the shared feeds, as far as they are on the phone. */
export async function catalogueRows(_kind: RowKind): Promise<LiveRow[]> {
  return [];
}

/** A code and PIN for the customer's QR (location.origin + "/c/" + code), with the hashes that visit.complete sends. */
export async function completionSecret(): Promise<{ code: string; pin: string; code_hash: string; pin_hash: string }> {
  return { code: "", pin: "", code_hash: "", pin_hash: "" };
}
