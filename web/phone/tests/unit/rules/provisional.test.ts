import { expect, it } from "vitest";
import { type ScanVerdict, verdictOf } from "../../../src/rules/provisional";
import { vectors } from "./vectors";

interface Table {
  today: string;
  serial_patterns: Record<string, string>;
  jobs: Parameters<typeof verdictOf>[2];
  cases: { why: string; job: string; source: string; text: string; symbology: string; expect: object }[];
}

const { today, serial_patterns, jobs, cases } = vectors<Table>("provisional_scans");

function verdict(jobId: string, scan: Parameters<typeof verdictOf>[0]): ScanVerdict {
  const job = jobs.find((one) => one.id === jobId);
  if (!job) throw new Error(`no ${jobId} in the table`);
  return verdictOf(scan, job, jobs, (model) => serial_patterns[model], today);
}

it.each(cases)("the phone says for the time being what it can know: $why", (row) => {
  const scan = { source: row.source, scanned_text: row.text, symbology: row.symbology };

  expect(verdict(row.job, scan)).toEqual({ ...row.expect, provisional: true });
});

it.each([
  [{ status: "known", covered: "yes" }, true, { verdict: "this-machine", cover: "covered" }],
  [{ status: "known", covered: "no" }, true, { verdict: "this-machine", cover: "not-covered" }],
  [{ status: "known", covered: "under-check" }, true, { verdict: "this-machine", cover: "under-check" }],
  [{ status: "known", covered: "yes" }, false, { verdict: "other-machine", cover: "covered" }],
  [{ status: "unknown" }, false, { verdict: "not-found" }],
  [{ status: "under-check" }, false, { verdict: "under-check" }],
])("what the server told stands, whatever the phone thinks: %j", (told, matches_job, expected) => {
  const scan = { source: "camera", scanned_text: "FS-0043", told, matches_job };

  expect(verdict("job-1", scan)).toEqual({ ...expected, provisional: false });
});

it("tells nothing of machines that are none of this technician's", () => {
  const real = verdict("job-1", { source: "camera", scanned_text: "FS-0044" });
  const invented = verdict("job-1", { source: "camera", scanned_text: "QX-77777" });

  expect(real).toEqual(invented);
});
