/** What a sheet needs before its visit can be completed; tests/vectors/completeness.json holds phone and server to it. */

import type { ModelRow, VisitRow } from "../core/wire";
import { pattern } from "./patterns";

export interface FaultFacts {
  no_fault_found: boolean;
  component_named: boolean;
  designator_required?: boolean;
  designator_pattern?: string;
  designator?: string;
}

/** What stands on a sheet when it is to be completed; lines that were taken back do not count. */
export interface SheetFacts {
  job_kind: string;
  result: string;
  faults: FaultFacts[];
  readings: number;
  photos: number;
  signed: boolean;
  no_signature_reason: string | null;
}

/** What can be missing; the words for it are in src/words. */
export type Missing =
  | "result"
  | "fault-code"
  | "no-fault-found-code"
  | "reading"
  | "photo"
  | "failed-component"
  | "designator"
  | "designator-format"
  | "signature";

/** How a job of each kind may end. */
export const RESULTS: Record<string, readonly string[]> = {
  repair: ["repaired", "not_repaired", "no_fault_found"],
  install: ["installed", "not_repaired"],
  maintain: ["maintained", "repaired", "not_repaired"],
  inspect: ["inspected", "repaired", "no_fault_found"],
  advise: ["advised", "repaired", "no_fault_found"],
};

/** Decides what a sheet still needs, each thing once; free text never satisfies any of it. */
export function missingForCompletion(facts: SheetFacts): Missing[] {
  const found: Missing[] = [];
  if (!RESULTS[facts.job_kind]?.includes(facts.result)) found.push("result");
  // Some results speak of a fault, whatever the job was opened for.
  if ([facts.job_kind, facts.result].some((word) => ["repair", "repaired", "no_fault_found"].includes(word))) {
    found.push(...ofARepair(facts));
  }
  if (!facts.signed && facts.no_signature_reason === null) found.push("signature");
  return [...new Set(found)];
}

function ofARepair({ result, faults, readings, photos }: SheetFacts): Missing[] {
  if (!faults.length) return ["fault-code"];
  const found: Missing[] = [];
  const searched = faults.filter((fault) => fault.no_fault_found).length;
  if (result === "no_fault_found" && !searched) found.push("no-fault-found-code");
  if (result === "repaired" && searched === faults.length) found.push("fault-code");
  if (searched && !readings) found.push("reading");
  if (searched && !photos) found.push("photo");
  return found.concat(faults.filter((fault) => !fault.no_fault_found).flatMap(ofAFault));
}

function ofAFault(fault: FaultFacts): Missing[] {
  if (!fault.component_named) return ["failed-component"];
  if (!fault.designator_required) return [];
  if (!fault.designator) return ["designator"];
  return designatorFits(fault.designator_pattern ?? "", fault.designator) ? [] : ["designator-format"];
}

/**
 * Decides whether a designator looks like one of its component. Without a pattern any one does; so it does where the
 * catalogue's pattern is none that can be read: a mistake of the office does not hold up a technician.
 */
export function designatorFits(written: string, designator: string): boolean {
  return !written || (pattern(written)?.test(designator) ?? true);
}

/** What the technician chose on the completion screen. */
export interface Closing {
  result: string;
  signed: boolean;
  no_signature_reason: string | null;
}

/**
 * Gathers the facts from the visit as its screen shows it. A component that the phone's catalogue does not hold counts as
 * named: the server asks for its designator.
 */
export function sheetFacts(
  jobKind: string,
  visit: Pick<VisitRow, "faults" | "readings" | "photos">,
  model: ModelRow | undefined,
  closing: Closing,
): SheetFacts {
  const standing = <T extends { voided_at: string | null }>(lines: T[]): T[] => lines.filter((line) => !line.voided_at);
  return {
    job_kind: jobKind,
    ...closing,
    faults: standing(visit.faults).map((fault) => {
      const component = model?.components.find((one) => one.code === fault.component);
      return {
        no_fault_found: fault.no_fault_found,
        component_named: fault.component !== null,
        designator_required: component?.designator === "required",
        designator_pattern: component?.designator_pattern ?? "",
        designator: fault.designator,
      };
    }),
    readings: standing(visit.readings).length,
    photos: standing(visit.photos).length,
  };
}
