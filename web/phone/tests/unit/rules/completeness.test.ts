import { expect, it } from "vitest";
import type { FaultLine, ModelRow } from "../../../src/core/wire";
import { missingForCompletion, type SheetFacts, sheetFacts } from "../../../src/rules/completeness";
import { vectors } from "./vectors";

const SHEETS = vectors<{ why: string; facts: SheetFacts; missing: string[] }[]>("completeness");

it.each(SHEETS)("a sheet needs what the table says: $why", ({ facts, missing }) => {
  expect(missingForCompletion(facts)).toEqual(missing);
});

const LINE = { id: "1", entered_at: "2026-03-02T09:00:00Z", voided_at: null, void_reason: null };
const FAULT: FaultLine = {
  ...LINE,
  fault_code_id: "2",
  code: "E18",
  name: "Pump blocked",
  no_fault_found: false,
  symptom: "",
  cause: "",
  action: "",
  component: "PUMP",
  component_name: "Drain pump",
  designator: "",
  failed_on: null,
};
const MODEL: ModelRow = {
  id: "3",
  code: "WM900",
  gtin: null,
  name: "Washer",
  name_zh: "",
  product_line: "",
  serial_pattern: "",
  components: [
    {
      id: "4",
      code: "PUMP",
      name: "",
      name_zh: "",
      designator: "required",
      designator_pattern: "M[0-9]",
      serialised: false,
    },
  ],
};
const CLOSING = { result: "repaired", signed: true, no_signature_reason: null };

it("knows from the model on the phone which component needs its designator", () => {
  const missing = (fault: Partial<FaultLine>, model: ModelRow | undefined = MODEL) => {
    const visit = { faults: [{ ...FAULT, ...fault }], readings: [], photos: [] };
    return missingForCompletion(sheetFacts("repair", visit, model, CLOSING));
  };

  expect(missing({})).toEqual(["designator"]);
  expect(missing({ designator: "C7" })).toEqual(["designator-format"]);
  expect(missing({ designator: "M2" })).toEqual([]);
  expect(missing({ component: null })).toEqual(["failed-component"]);
  expect(missing({ voided_at: "2026-03-02T09:05:00Z" })).toEqual(["fault-code"]);
});

it("leaves the designator to the server where the phone does not hold the model", () => {
  const visit = { faults: [FAULT], readings: [], photos: [] };

  expect(missingForCompletion(sheetFacts("repair", visit, undefined, CLOSING))).toEqual([]);
});
