/** What the screens are given. */

import type { JobRow, Moment, Result, VisitRow } from "./wire";

export interface Session {
  accountId: string;
  name: string;
  role: string;
  language: string;
  /** The partner this person works for; null for our own people, and while it is not known yet. */
  partner: string | null;
}

export type Fate = "waiting" | "sending" | Result | "accepted" | "declined";

export interface OutboxItem {
  op: string;
  t: string;
  at: Moment;
  job: string | null;
  visit: string | null;
  body: Record<string, unknown>;
  fate: Fate;
  /** Stable code of the problem behind `recorded` and `rejected`. */
  reason?: string;
  /** What the office wrote when it accepted or declined recorded work. */
  note?: string;
  /** What the server answered to this command. */
  answer?: unknown;
  /** Number of the job when this was recorded: the job itself may have left the phone since. */
  jobNumber?: number;
  /** A photo's bytes are still on the phone only. */
  bytesWaiting?: boolean;
  /** The phone was revoked: the office has it in quarantine and will enter it. */
  handedIn?: boolean;
}

export interface CollectionSecret {
  code: string;
  pin: string;
}

export type VisitView = VisitRow & {
  /** Ids of lines that the server has not confirmed; also the visit's own id while its state is ahead of the server. */
  pending: Set<string>;
  photosWaiting: number;
  /** What the customer fetches the report with, if this phone completed the visit. */
  collection: CollectionSecret | null;
};

export type JobView = JobRow & {
  visits: VisitView[];
  unsent: number;
  /** Recorded or refused work that nobody has decided yet: it is not on the sheet. */
  conflicts: OutboxItem[];
};

export type SyncProblem =
  | null
  | "signed-out"
  | "revoked"
  | "captive-portal"
  | "storage-full"
  | "storage-wiped"
  | "update-needed";

export interface SyncState {
  online: boolean;
  syncing: boolean;
  unsent: number;
  photosUnsent: number;
  lastSyncAt: Moment | null;
  /** Whether the browser promised not to clear our storage; null while it has not said. */
  persisted: boolean | null;
  problem: SyncProblem;
  catalogue: { loaded: number; total: number } | null;
  /** After `storage-wiped`: how many entries and photos were on the phone only, as far as can be known. */
  lost: number;
}

/** Where something was recorded; `secret` stays on the phone. */
export interface Where {
  job?: string;
  visit?: string;
  base?: number;
  secret?: CollectionSecret;
}

/** Why a sign-in did not work: a problem code of the server, or `offline`, `captive-portal`. */
export class SignInProblem extends Error {
  constructor(
    readonly code: string,
    /** Seconds to wait after too many tries. */
    readonly retryAfter: number | null = null,
  ) {
    super(code);
    this.name = "SignInProblem";
  }
}

/** Signing out was refused: these would be lost. */
export class UnsentWork extends Error {
  constructor(
    readonly operations: number,
    readonly photos: number,
  ) {
    super(`${operations} entries and ${photos} photos are on this phone only`);
    this.name = "UnsentWork";
  }
}

/** It is not saved, and why: the phone's storage is full or gone, nobody signed in, or it is larger than a message. */
export class NotSaved extends Error {
  constructor(readonly code: "storage-full" | "storage-wiped" | "signed-out" | "too-large") {
    super(code);
    this.name = "NotSaved";
  }
}
