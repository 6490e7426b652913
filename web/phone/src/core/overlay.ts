/** What the screen shows: the server's rows with what this phone recorded since laid over them. Pure. */

import { nextState, type Step } from "../rules/moves";
import type { Entry } from "./database";
import { type Line, lineOf } from "./lines";
import type { CollectionSecret, VisitView } from "./views";
import type { JobRow, SheetLine, VisitRow } from "./wire";

/** A visit's lists of lines, by the kind a line has in `line.void`. */
const LISTS = {
  time: "times",
  part: "parts",
  expense: "expenses",
  fault: "faults",
  reading: "readings",
  photo: "photos",
} as const;

/** Decide whether a line is on a visit. */
export function hasLine(visit: VisitRow, id: string): boolean {
  return Object.values(LISTS).some((list) => visit[list].some((line) => line.id === id));
}

export interface Sheet {
  job: JobRow;
  visits: VisitView[];
}

/**
 * Lay pending operations over a job and its visits, in the order they were recorded.
 *
 * `pending` are those that the rows need not contain yet; what they contain already is recognised and not shown twice.
 * `waiting` are ids of photos whose bytes are on the phone only, `secrets` what visits were completed with.
 */
export function overlay(
  job: JobRow,
  visits: VisitRow[],
  pending: Entry[],
  waiting: ReadonlySet<string> = new Set(),
  secrets: ReadonlyMap<string, CollectionSecret> = new Map(),
): Sheet {
  const sheet: Sheet = {
    job: { ...job },
    visits: visits.map((visit) => ({
      ...visit,
      ...copied(visit),
      pending: new Set<string>(),
      photosWaiting: visit.photos.filter((photo) => waiting.has(photo.id)).length,
      collection: secrets.get(visit.id) ?? null,
    })),
  };
  const missing = visits.map((visit) => new Set(notYetIn(visit, pending)));
  for (const entry of pending) {
    const place = visits.findIndex((visit) => visit.id === entry.visit);
    if (place < 0 || missing[place]?.has(entry)) lay(sheet, entry, waiting);
  }
  return sheet;
}

/**
 * The operations of a visit that its row does not contain. They were carried out in order: whatever comes before one
 * that is recognised has been dealt with too, even if nothing of it is to be seen.
 */
function notYetIn(visit: VisitRow, pending: Entry[]): Entry[] {
  const own = pending.filter((entry) => entry.visit === visit.id);
  return own.slice(own.findLastIndex((entry) => contains(visit, entry)) + 1);
}

function contains(visit: VisitRow, { op, t, body }: Entry): boolean {
  if (hasLine(visit, op) || visit.scans.some((scan) => scan.id === op)) return true;
  if (!t.startsWith("visit.")) return false;
  // The time line has no ids: the same step said at the same moment is this one.
  const step = t.slice("visit.".length);
  return visit.steps.some((line) => line.step === step && sameMoment(line.client_at ?? line.at, String(body.at)));
}

function copied(visit: VisitRow) {
  const { steps, times, parts, expenses, faults, readings, photos, scans } = visit;
  return {
    steps: [...steps],
    times: [...times],
    parts: [...parts],
    expenses: [...expenses],
    faults: [...faults],
    readings: [...readings],
    photos: [...photos],
    scans: [...scans],
  };
}

function lay(sheet: Sheet, entry: Entry, waiting: ReadonlySet<string>): void {
  if (entry.t === "job.accept") {
    if (entry.body.job_id === sheet.job.id && sheet.job.state === "assigned") sheet.job.state = "accepted";
    return;
  }
  if (entry.t === "line.void") {
    for (const visit of sheet.visits) strikeOut(visit, entry);
    return;
  }
  const visit = sheet.visits.find((one) => one.id === entry.visit);
  if (!visit) return;
  const [subject, verb] = entry.t.split(".") as [string, string];
  if (subject === "visit") {
    takeStep(sheet, visit, entry, verb as Step);
    return;
  }
  const line = lineOf(entry, visit, sheet.job.site.time_zone, waiting);
  if (line) add(visit, line, entry.op, waiting);
}

function add(visit: VisitView, { list, line }: Line, op: string, waiting: ReadonlySet<string>): void {
  (visit[list] as { id: string }[]).push(line);
  visit.pending.add(op);
  if (list === "photos" && waiting.has(op)) visit.photosWaiting += 1;
}

function strikeOut(visit: VisitView, entry: Entry): void {
  const list = LISTS[entry.body.kind as keyof typeof LISTS];
  const lines = (list ? visit[list] : []) as SheetLine[];
  const place = lines.findIndex((line) => line.id === entry.body.line_id);
  const line = lines[place];
  if (!line || line.voided_at !== null) return;
  lines[place] = { ...line, voided_at: entry.at, void_reason: String(entry.body.reason) };
  visit.pending.add(line.id);
}

function takeStep(sheet: Sheet, visit: VisitView, entry: Entry, step: Step): void {
  const at = String(entry.body.at);
  const then = nextState(visit.state, step);
  if (then === "impossible") return;
  const superseded = then === "superseded";
  visit.steps.push({ step, at, client_at: at, received_at: entry.at, superseded });
  visit.pending.add(visit.id);
  if (superseded) return;
  visit.state = then;
  if (sheet.job.state === "assigned" || sheet.job.state === "accepted") {
    if (step !== "abandon") sheet.job.state = "in_progress";
  }
  if (step === "travel") visit.travelled_at = at;
  if (step === "arrive") visit.arrived_at = at;
  if (step === "start") visit.started_at = at;
  if (step === "abandon") visit.abandoned_reason = String(entry.body.reason);
  if (step === "complete") complete(sheet, visit, entry, at);
}

function complete(sheet: Sheet, visit: VisitView, { body }: Entry, at: string): void {
  visit.completed_at = at;
  visit.result = String(body.result);
  visit.summary = String(body.summary ?? "");
  visit.signed_by = String(body.signed_by ?? "") || null;
  visit.no_signature_reason = (body.no_signature_reason as string | null | undefined) ?? null;
  if (body.result === "not_repaired") return;
  sheet.job.state = "completed";
  // As on the server: visits that were planned in case of need give their slots back.
  for (const other of sheet.visits) {
    if (other.state === "planned") Object.assign(other, { state: "abandoned", abandoned_reason: "job-completed" });
  }
}

function sameMoment(one: string, other: string): boolean {
  return Date.parse(one) === Date.parse(other);
}
