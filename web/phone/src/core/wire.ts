/** What travels between a phone and the server, in the server's own words (snake_case), and the bounds of a message. */

import { version } from "../../../package.json";

export type Moment = string;
export type Day = string;

/** How far a phone has read one feed; `head` and its `tag` prove which history of the server it read. */
export interface Token {
  pos: number;
  head: number;
  tag: string;
}

export type FeedName = "me" | "catalogue" | "codes";
export type RowKind = "job" | "visit" | "op_result" | "part" | "model" | "fault_code" | "labour_operation";
export type RemovedWhy = "reassigned" | "cancelled" | "closed" | "window";

export interface LiveRow<D = unknown> {
  k: RowKind;
  id: string;
  ver: number;
  d: D;
}

export interface RemovedRow {
  k: RowKind;
  id: string;
  ver: number;
  removed: RemovedWhy;
}

export type Row = LiveRow | RemovedRow;

/** The last operation whose result a phone knows; the server sees from it that it was restored from an older backup. */
export interface Acknowledged {
  seq: number;
  op: string | null;
  /** When the server took it, as the result said; missing where an older app wrote it down. */
  at?: Moment | null;
}

export interface PullRequest {
  device: string;
  app: string;
  schema: 1;
  sent_at: Moment;
  acked: Acknowledged;
  feeds: Partial<Record<FeedName, Token>>;
  limit?: number;
}

export interface FeedPage {
  reset: boolean;
  rows: Row[];
  token: Token;
  more: boolean;
  snapshot?: boolean;
}

export interface PullAnswer {
  server_time: Moment;
  status: "ok" | "unknown_device" | "rewound";
  last_seq: number;
  min_app: string;
  feeds: Partial<Record<FeedName, FeedPage>>;
}

/** A command as it is queued; only `seq` may change, when the phone is enrolled anew. */
export interface Op {
  op: string;
  seq: number;
  t: string;
  v: number;
  job: string | null;
  base: number | null;
  at: Moment;
  mono: number | null;
  boot: string | null;
  body: Record<string, unknown>;
}

export type Result =
  | "applied"
  | "applied_flagged"
  | "recorded"
  | "superseded"
  | "rejected"
  | "mismatch"
  | "undecodable";

export interface OpResultLine {
  op: string;
  seq: number;
  status: Result | "retry";
  reason?: string | null;
  replayed: boolean;
  taken_at?: Moment | null;
  answer?: unknown;
}

export interface PushRequest {
  device: string;
  app: string;
  sent_at: Moment;
  boot: string;
  mono: number;
  acked: Acknowledged;
  ops: Op[];
}

export interface PushAnswer {
  server_time: Moment;
  last_seq: number;
  status: "ok" | "gap" | "forked" | "rewound" | "unknown_device" | "retry";
  retry_after?: number | null;
  results: OpResultLine[];
}

export interface Tokens {
  access_token: string;
  access_seconds: number;
  refresh_token: string;
  account_id: string;
  name: string;
  role: string;
  language: string;
  session_id: string;
  device_id: string | null;
}

export interface SnapshotManifest {
  feed: FeedName;
  token: Token;
  built_at: Moment;
  rows: number;
  chunks: { sha256: string; rows: number; bytes: number }[];
}

/** Up to 5,000 rows of one kind; a row is one list of `values`, in the order of `columns`. */
export interface SnapshotChunk {
  k: RowKind;
  columns: string[];
  values: unknown[][];
}

export type VisitState = "planned" | "travelling" | "arrived" | "working" | "paused" | "completed" | "abandoned";
export type JobState = "new" | "assigned" | "accepted" | "in_progress" | "completed" | "cancelled";

export interface PastVisit {
  visited_on: Day;
  job_number: number;
  kind: string;
  result: string | null;
  summary: string;
  /** What was found and what was fitted, each in one line. */
  faults: string | null;
  parts: string | null;
  technician: string | null;
}

export interface UnitFacts {
  id: string;
  serial: string;
  serial_key: string;
  name: string | null;
  model_id: string;
  model_code: string;
  model_name: string;
  model_name_zh: string | null;
  gtin: string | null;
  reference_number: string | null;
  installed_on: Day | null;
}

export interface CoverageFacts {
  on: Day;
  word: "covered" | "not_covered" | "under_check";
  parts: boolean | null;
  labour: boolean | null;
  travel: boolean | null;
  until: Day | null;
}

export interface JobRow {
  id: string;
  number: number;
  kind: string;
  mode: string;
  state: JobState;
  priority: number;
  subject: string;
  problem: string;
  tools: string;
  reminder: string;
  estimated_minutes: number | null;
  required_from: Moment | null;
  required_to: Moment | null;
  sibling_of: string | null;
  version: number;
  customer: { id: string; name: string; customer_class: string };
  contact: { name: string; phone: string; email: string } | null;
  site: { id: string; name: string; address: string; city: string; time_zone: string };
  unit: UnitFacts | null;
  coverage: CoverageFacts | null;
  history: PastVisit[];
}

/** What every line of a sheet has; one that was taken back stays, with the reason. */
export interface SheetLine {
  id: string;
  entered_at: Moment;
  voided_at: Moment | null;
  void_reason: string | null;
}

export interface StepLine {
  step: string;
  at: Moment;
  client_at: Moment | null;
  received_at: Moment;
  superseded: boolean;
}

export interface TimeLine extends SheetLine {
  kind: string;
  minutes: number;
  operation: string | null;
  operation_name: string | null;
  standard_minutes: number | null;
  started_at: Moment | null;
  ended_at: Moment | null;
  note: string;
}

export interface UsedPartLine extends SheetLine {
  kind: string;
  part_id: string;
  number: string;
  name: string;
  quantity: number;
  unit_of_measure: string;
  old_serial: string;
  new_serial: string;
  component: string | null;
  designator: string;
  used_on: Day;
  entered_on: Day;
  on_hold: boolean;
}

export interface ExpenseLine extends SheetLine {
  direction: string;
  kind: string;
  amount_minor: number;
  currency: string;
  photo_id: string | null;
  note: string;
}

export interface FaultLine extends SheetLine {
  fault_code_id: string;
  code: string;
  name: string;
  no_fault_found: boolean;
  symptom: string;
  cause: string;
  action: string;
  component: string | null;
  component_name: string | null;
  designator: string;
  failed_on: Day | null;
}

export interface ReadingLine extends SheetLine {
  name: string;
  value: string;
  unit_of_measure: string;
}

export interface PhotoLine extends SheetLine {
  kind: string;
  caption: string;
  sha256: string;
  arrived: boolean;
  taken_at: Moment | null;
}

export interface ScanLine {
  id: string;
  source: string;
  scanned_text: string;
  matches_job: boolean | null;
  told: unknown;
  scanned_at: Moment;
}

export interface VisitRow {
  id: string;
  job_id: string;
  number: number;
  state: VisitState;
  planned_from: Moment;
  planned_to: Moment;
  travelled_at: Moment | null;
  arrived_at: Moment | null;
  started_at: Moment | null;
  completed_at: Moment | null;
  abandoned_reason: string | null;
  result: string | null;
  summary: string;
  signed_by: string | null;
  no_signature_reason: string | null;
  keyed_in_by_office: boolean;
  clock_uncertain: boolean;
  overlaps_actual: boolean;
  version: number;
  steps: StepLine[];
  times: TimeLine[];
  parts: UsedPartLine[];
  expenses: ExpenseLine[];
  faults: FaultLine[];
  readings: ReadingLine[];
  photos: PhotoLine[];
  scans: ScanLine[];
}

export interface OpResult {
  op: string;
  kind: string;
  decision: "accepted" | "declined";
  note: string;
  decided_at: Moment;
}

export interface PartRow {
  id: string;
  number: string;
  name: string;
  name_zh: string;
  unit_of_measure: string;
  claimable: boolean;
  key_part: boolean;
  serialised: boolean;
}

export interface ModelComponentRow {
  id: string;
  code: string;
  name: string;
  name_zh: string;
  designator: string;
  designator_pattern: string;
  serialised: boolean;
}

export interface ModelRow {
  id: string;
  code: string;
  gtin: string | null;
  name: string;
  name_zh: string;
  product_line: string;
  serial_pattern: string;
  components: ModelComponentRow[];
}

export interface FaultCodeRow {
  id: string;
  code: string;
  name: string;
  name_zh: string;
  group_code: string;
  group_name: string;
  group_name_zh: string;
  no_fault_found: boolean;
}

export interface LabourOperationRow {
  id: string;
  code: string;
  name: string;
  name_zh: string;
  standard_minutes: number;
}

/** Which kinds of rows each feed carries: a reset of the feed deletes exactly these. */
export const KINDS: Record<FeedName, readonly RowKind[]> = {
  me: ["job", "visit", "op_result"],
  catalogue: ["part", "model"],
  codes: ["fault_code", "labour_operation"],
};

export const PROTOCOL_HEADER = "fieldstone-protocol";
export const PROTOCOL = "1";
export const APP_VERSION = version;
export const ZERO_TOKEN: Token = { pos: 0, head: 0, tag: "" };

export const opsPerPush = 200;
export const pushBytesMax = 256 * 1024;
export const opBytesMax = 32 * 1024;
export const rowsPerPull = 500;
