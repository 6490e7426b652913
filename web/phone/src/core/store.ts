/** The facade the screens use: what they show as signals, what they do as functions. */

import { newCollectionSecret } from "./hashing";
import { Phone } from "./phone";
import { browser } from "./surroundings";
import type { Where } from "./views";
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

const phone = new Phone(browser());

export const session = phone.session;
export const sync = phone.sync;
export const jobs = phone.jobs;
/** Newest first. */
export const outbox = phone.outbox;

/** Open the databases, show what is on the phone, and begin to sync. */
export function start(): Promise<void> {
  return phone.start();
}

/** Sign in; raises SignInProblem. Work recorded before stays and goes on being sent. */
export function signIn(login: string, password: string): Promise<void> {
  return phone.signIn(login, password);
}

/** Sign out; raises UnsentWork while anything is on this phone only. */
export function signOut(): Promise<void> {
  return phone.signOut();
}

/**
 * Queue a command; returns its op id, which is the id of the line it adds.
 *
 * Resolved only when it is safely stored; raises NotSaved when it is not.
 */
export function record(t: string, body: object, where: Where = {}): Promise<string> {
  return phone.record(t, body, where);
}

/** Store a photo with its bytes; returns its op id, which is the photo's id. Resolved and raises like `record`. */
export function addPhoto(visitId: string, blob: Blob, kind: string, caption = ""): Promise<string> {
  return phone.addPhoto(visitId, blob, kind, caption);
}

/** Everything that was recorded on this phone, with unsent photos, as one JSON file: a last resort. */
export function exportOutbox(): Promise<Blob> {
  return phone.exportOutbox();
}

/** Sync now instead of at the next occasion. */
export function syncNow(): void {
  phone.syncNow();
}

/** All rows of one kind of the shared feeds, as far as they are on the phone; the same list until they change. */
export function catalogueRows(kind: RowKind): Promise<LiveRow[]> {
  return phone.catalogueRows(kind);
}

/** A code and PIN for the customer's QR (location.origin + "/c/" + code), with the hashes that visit.complete sends. */
export function completionSecret(): Promise<{ code: string; pin: string; code_hash: string; pin_hash: string }> {
  return newCollectionSecret();
}
