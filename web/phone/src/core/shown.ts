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
  const visits = grouped(of.all<VisitRow>("visit"), (visit) => visit.job_id);
  const entries = grouped(held.entries, (entry) => entry.job ?? NO_JOB);
  const stray = entries.get(NO_JOB) ?? [];
  const secrets = secretsOf(held, of);
  return of
    .all<JobRow>("job")
    .map((job): JobView => {
      const own = entries.get(job.id) ?? [];
      const pending = [...own, ...stray]
        .filter((entry) => !entry.covered && !isOffTheSheet(entry))
        .sort((one, other) => one.seq - other.seq);
      const sheet = overlay(job, visits.get(job.id) ?? [], pending, of.waiting, secrets);
      return {
        ...sheet.job,
        visits: sheet.visits.sort((one, other) => one.number - other.number),
        unsent: own.filter((entry) => !entry.acked).length,
        conflicts: own
          .filter((entry) => entry.acked && isOffTheSheet(entry) && !of.decisions.has(entry.op))
          .map((entry) => of.item(entry, sending)),
      };
    })
    .map((view) => ({ view, due: when(view) }))
    .sort((one, other) => (one.due === other.due ? one.view.number - other.view.number : one.due < other.due ? -1 : 1))
    .map(({ view }) => view);
}

/** Under this stand operations that were recorded about a job the phone did not hold. */
const NO_JOB = "";

function grouped<T>(all: T[], by: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(by(one));
    if (group) group.push(one);
    else groups.set(by(one), [one]);
  }
  return groups;
}

/** The customers' codes of completions that stand. */
function secretsOf(held: Held, of: Parts): Map<string, CollectionSecret> {
  const secrets = new Map<string, CollectionSecret>();
  for (const entry of held.entries) {
    const { op, visit, secret } = entry;
    const stands = !isOffTheSheet(entry) || of.decisions.get(op)?.decision === "accepted";
    if (visit && secret && stands) secrets.set(visit, secret);
  }
  return secrets;
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
