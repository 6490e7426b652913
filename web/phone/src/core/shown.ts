/** The rows of the phone as the screens are given them: jobs with their sheets, and the outbox. Pure. */

import type { Attachment, Entry, StoredRow } from "./database";
import { isOffTheSheet } from "./outbox";
import { overlay } from "./overlay";
import type { CollectionSecret, Fate, JobView, OutboxItem } from "./views";
import type { JobRow, OpResult, VisitRow } from "./wire";

/** What the screens are made of, read in one transaction. `entries` in the order of their numbers. */
export interface Held {
  rows: StoredRow[];
  entries: Entry[];
  attachments: Attachment[];
}

/** Return all jobs with what was recorded on them, the next one first. */
export function jobViews(held: Held, sending: ReadonlySet<string>): JobView[] {
  const of = new Parts(held);
  const pending = held.entries.filter((entry) => !entry.covered && !isOffTheSheet(entry));
  const secrets = new Map<string, CollectionSecret>();
  for (const entry of held.entries) {
    const { op, visit, secret } = entry;
    const stands = !isOffTheSheet(entry) || of.decisions.get(op)?.decision === "accepted";
    if (visit && secret && stands) secrets.set(visit, secret);
  }
  const visits = of.all<VisitRow>("visit");
  return of
    .all<JobRow>("job")
    .map((job): JobView => {
      const sheet = overlay(
        job,
        visits.filter((visit) => visit.job_id === job.id),
        pending.filter((entry) => entry.job === job.id || entry.job === null),
        of.waiting,
        secrets,
      );
      const own = held.entries.filter((entry) => entry.job === job.id);
      return {
        ...sheet.job,
        visits: sheet.visits.sort((one, other) => one.number - other.number),
        unsent: own.filter((entry) => !entry.acked).length,
        conflicts: own
          .filter((entry) => entry.acked && isOffTheSheet(entry) && !of.decisions.has(entry.op))
          .map((entry) => of.item(entry, sending)),
      };
    })
    .sort((one, other) => when(one).localeCompare(when(other)) || one.number - other.number);
}

/** Return the outbox, newest first. */
export function outboxItems(held: Held, sending: ReadonlySet<string>): OutboxItem[] {
  const of = new Parts(held);
  return held.entries.map((entry) => of.item(entry, sending)).reverse();
}

function when(job: JobView): string {
  const next = job.visits.find((visit) => visit.state !== "completed" && visit.state !== "abandoned");
  return next?.planned_from ?? job.required_from ?? job.visits.at(-1)?.planned_from ?? "9";
}

class Parts {
  readonly decisions: Map<string, OpResult>;
  readonly waiting: Set<string>;

  constructor(private readonly held: Held) {
    this.decisions = new Map(this.all<OpResult>("op_result").map((row) => [row.op, row]));
    this.waiting = new Set(held.attachments.filter((one) => !one.done).map((one) => one.id));
  }

  all<D>(kind: StoredRow["k"]): D[] {
    return this.held.rows.filter((row) => row.k === kind).map((row) => row.d as D);
  }

  item(entry: Entry, sending: ReadonlySet<string>): OutboxItem {
    const { op, t, at, job, visit, body } = entry;
    const decision = this.decisions.get(op);
    const item: OutboxItem = { op, t, at, job, visit, body, fate: fateOf(entry, decision, sending) };
    if (entry.reason !== null) item.reason = entry.reason;
    if (decision?.note) item.note = decision.note;
    if (entry.answer !== null) item.answer = entry.answer;
    if (entry.job_number !== null) item.jobNumber = entry.job_number;
    if (this.waiting.has(op)) item.bytesWaiting = true;
    if (entry.handed_in && !entry.acked) item.handedIn = true;
    return item;
  }
}

function fateOf(entry: Entry, decision: OpResult | undefined, sending: ReadonlySet<string>): Fate {
  if (decision) return decision.decision;
  if (entry.acked && entry.result) return entry.result;
  return sending.has(entry.op) ? "sending" : "waiting";
}
