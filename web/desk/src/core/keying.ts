/** Turns what was typed from a paper sheet into the commands that write it down. */

import { momentOf } from "../words/format";
import { Refused } from "./api";
import type { Entry } from "./ledger";

type Row = Record<string, string>;
interface Coded {
  id: string;
  code: string;
}

/** What was typed; codes and numbers as they stand on the paper. */
export interface Typed {
  visitId: string;
  given: Row;
  faults: readonly Row[];
  parts: readonly Row[];
  readings: readonly Row[];
  /** The hash of the photo of the label, where there is one. */
  photo: string;
}

export interface Codes {
  faults: readonly Coded[];
  components: readonly Coded[];
  operations: readonly Coded[];
  parts: readonly (Coded & { unit_of_measure: string })[];
}

/** How the places on the paper are called, and what is said of a code that nothing has. */
export interface Names {
  place: (
    name: "travelled" | "arrived" | "started" | "completed" | "scanned" | "photo" | "labour" | "travel",
  ) => string;
  row: (kind: "faults" | "parts" | "readings", at: number) => string;
  unknown: string;
}

const STEPS = [
  ["travelled", "/visits/travel"],
  ["arrived", "/visits/arrive"],
  ["started", "/visits/start"],
] as const;

/** The commands in the order in which the server takes them. Raises Refused, which names every code that is unknown. */
export function commandsOf(typed: Typed, codes: Codes, names: Names): Entry[] {
  const { given, visitId: visit_id } = typed;
  const wrong: { field: string; words: string }[] = [];
  const known = <T extends Coded>(of: readonly T[], code: string | undefined, field: string): T | null => {
    if (!code) return null;
    const found = of.find((one) => one.code.toLowerCase() === code.trim().toLowerCase());
    if (!found) wrong.push({ field, words: `${names.unknown} ${code}` });
    return found ?? null;
  };
  const entries: Entry[] = [];
  for (const [at, path] of STEPS) {
    const moment = given[at];
    if (moment) entries.push({ at, is: names.place(at), path, body: { visit_id, at: momentOf(moment) } });
  }
  if (typed.photo)
    entries.push({
      at: "photo",
      is: names.place("photo"),
      path: "/photos",
      body: { visit_id, kind: "label", sha256: typed.photo },
    });
  if (given.scan)
    entries.push({
      at: "scan",
      is: names.place("scanned"),
      path: "/scans",
      body: {
        visit_id,
        source: "typed",
        scanned_text: given.scan,
        typed_reason: given.typed_reason ?? "",
        scanned_at: momentOf(given.arrived || (given.completed ?? "")),
      },
    });
  typed.faults.forEach((row, at) => {
    const is = names.row("faults", at);
    entries.push({
      at: `fault.${at}`,
      is,
      path: "/faults",
      body: {
        visit_id,
        fault_code_id: known(codes.faults, row.fault_code, is)?.id ?? "",
        model_component_id: known(codes.components, row.component_code, is)?.id ?? null,
        designator: row.designator ?? "",
        symptom: row.symptom ?? "",
        cause: row.cause ?? "",
        action: row.action ?? "",
      },
    });
  });
  typed.parts.forEach((row, at) => {
    const is = names.row("parts", at);
    const part = known(codes.parts, row.part_number, is);
    entries.push({
      at: `part.${at}`,
      is,
      path: "/parts-used",
      body: {
        visit_id,
        kind: "used",
        part_id: part?.id ?? "",
        unit_of_measure: part?.unit_of_measure ?? "",
        quantity: Number(row.quantity),
        old_serial: row.old_serial ?? "",
        new_serial: row.new_serial ?? "",
        model_component_id: known(codes.components, row.component_code, is)?.id ?? null,
        designator: row.designator ?? "",
      },
    });
  });
  for (const kind of ["labour", "travel"] as const)
    if (given[kind]) {
      const operation = kind === "labour" ? given.operation : undefined;
      entries.push({
        at: kind,
        is: names.place(kind),
        path: "/times",
        body: {
          visit_id,
          kind,
          minutes: Number(given[kind]),
          labour_operation_id: known(codes.operations, operation, names.place(kind))?.id ?? null,
        },
      });
    }
  typed.readings.forEach((row, at) => {
    entries.push({
      at: `reading.${at}`,
      is: names.row("readings", at),
      path: "/readings",
      body: { visit_id, name: row.name ?? "", value: row.value ?? "", unit_of_measure: row.unit ?? "" },
    });
  });
  entries.push({
    at: "completed",
    is: names.place("completed"),
    path: "/visits/complete",
    body: {
      visit_id,
      at: momentOf(given.completed ?? ""),
      result: given.result as "repaired",
      summary: given.summary ?? "",
      signed_by: given.unsigned ? "" : (given.signed_by ?? ""),
      no_signature_reason: (given.unsigned || null) as "absent" | null,
      office_was_asked: given.asked === "on",
    },
  });
  if (wrong.length) throw new Refused("invalid-request", 422, names.unknown, "", wrong);
  return entries;
}
