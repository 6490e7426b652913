/**
 * What a scan seems to say, decided from what is on the phone alone, until the server has spoken.
 *
 * A phone knows the machines of its technician's own jobs and no others: a serial that is none of theirs is "under check"
 * whether it exists or not. There is no list of serials, no limit and no threshold here to be read out.
 */

import type { JobRow } from "../core/wire";
import { type MakerFormat, type Parsed, parse, readingsOf, TYPED } from "./serials";

export type Cover = "covered" | "not-covered" | "under-check";

export type ScanVerdict =
  | { verdict: "this-machine"; cover: Cover; provisional: boolean }
  | { verdict: "other-job"; job: string; number: number; provisional: boolean }
  | { verdict: "other-machine"; cover: Cover; provisional: boolean }
  | { verdict: "not-found" | "under-check" | "no-serial"; provisional: boolean };

/** A reading as it is recorded: the body of `scan.record`, or the scan's line on the visit. */
export interface ScanMade {
  source: string;
  scanned_text: string;
  symbology?: string;
  /** What the server said, when it has. */
  told?: unknown;
  matches_job?: boolean | null;
}

type JobWithUnit = Pick<JobRow, "id" | "number"> & {
  unit: Pick<NonNullable<JobRow["unit"]>, "serial_key" | "gtin" | "model_code" | "model_id"> | null;
  coverage: Pick<NonNullable<JobRow["coverage"]>, "word" | "until"> | null;
};

/** Reads a scan as the server will for this job: with the format of the maker of the job's model. */
export function readFor(job: JobWithUnit, scan: ScanMade, serialPattern: string | undefined): Parsed {
  const makers: MakerFormat[] =
    job.unit && serialPattern ? [{ model: job.unit.model_code, pattern: serialPattern }] : [];
  return parse(scan.scanned_text, scan.source === "typed" ? TYPED : scan.symbology || undefined, makers);
}

/** Whether a reading is the machine of a job: its serial, and nothing that contradicts it. The server's `names_unit`. */
export function namesUnit({ unit }: JobWithUnit, text: Parsed): boolean {
  return readingsOf(text).some(
    ({ key, gtin, model }) =>
      unit !== null &&
      key === unit.serial_key &&
      (gtin === undefined || unit.gtin === null || gtin === unit.gtin) &&
      (model === undefined || model === unit.model_code),
  );
}

/**
 * Decides what to show of a scan on a job: the server's word if there is one, else what this phone can tell.
 * `serialPatternOf` gives a model's maker's format, if the catalogue on the phone holds the model.
 */
export function verdictOf(
  scan: ScanMade,
  job: JobWithUnit,
  jobs: readonly JobWithUnit[],
  serialPatternOf: (modelId: string) => string | undefined,
  today: string,
): ScanVerdict {
  const said = saidByServer(scan);
  if (said) return said;
  const read = (one: JobWithUnit): Parsed =>
    readFor(one, scan, one.unit ? serialPatternOf(one.unit.model_id) : undefined);
  const text = read(job);
  if (namesUnit(job, text)) return { verdict: "this-machine", cover: coverOf(job, today), provisional: true };
  const other = jobs.find((one) => one.id !== job.id && namesUnit(one, read(one)));
  if (other) return { verdict: "other-job", job: other.id, number: other.number, provisional: true };
  return { verdict: readingsOf(text).length ? "under-check" : "no-serial", provisional: true };
}

/** The cover as the server told it with the job; when it has run out since, that is for the office to say. */
function coverOf({ coverage }: JobWithUnit, today: string): Cover {
  if (coverage?.word === "not_covered") return "not-covered";
  const holds = coverage?.word === "covered" && (coverage.until === null || today <= coverage.until);
  return holds ? "covered" : "under-check";
}

function saidByServer({ told, matches_job }: ScanMade): ScanVerdict | null {
  if (typeof told !== "object" || told === null || !("status" in told)) return null;
  const { status, covered } = told as { status: unknown; covered?: unknown };
  const cover: Cover = covered === "yes" ? "covered" : covered === "no" ? "not-covered" : "under-check";
  if (status === "known") return { verdict: matches_job ? "this-machine" : "other-machine", cover, provisional: false };
  return { verdict: status === "unknown" ? "not-found" : "under-check", provisional: false };
}
