/** The shared catalogue as screens need it: models with their components, labour operations, names by id. */

import { signal } from "@preact/signals";
import { load } from "../catalogue/search";
import { catalogueRows } from "../core/store";
import type { FaultCodeRow, LabourOperationRow, LiveRow, ModelRow, PartRow, RowKind } from "../core/wire";

interface Held {
  models: ReadonlyMap<string, ModelRow>;
  operations: readonly LabourOperationRow[];
  parts: ReadonlyMap<string, PartRow>;
  faults: ReadonlyMap<string, FaultCodeRow>;
}

const NOTHING: Held = { models: new Map(), operations: [], parts: new Map(), faults: new Map() };
const seen = new Map<RowKind, LiveRow[]>();

/** What is on the phone of the catalogue; empty until it was read. */
export const catalogue = signal<Held>(NOTHING);

let reading: Promise<void> | null = null;

/** Reads the catalogue from the phone, and makes parts and faults findable; cheap when nothing has changed. */
export function readCatalogue(): Promise<void> {
  reading ??= readNow().finally(() => {
    reading = null;
  });
  return reading;
}

async function readNow(): Promise<void> {
  const [models, operations, faults, parts] = await Promise.all(
    (["model", "labour_operation", "fault_code", "part"] as const).map(fresh),
  );
  const now = catalogue.peek();
  catalogue.value = {
    models: models ? byId<ModelRow>(models) : now.models,
    operations: operations ? operations.map((row) => row.d as LabourOperationRow) : now.operations,
    faults: faults ? byId<FaultCodeRow>(faults) : now.faults,
    parts: parts ? byId<PartRow>(parts) : now.parts,
  };
  await Promise.all([faults && load(faults), parts && load(parts)]);
}

/** The rows of a kind, or null when they are those that were read before. */
async function fresh(kind: RowKind): Promise<LiveRow[] | null> {
  const rows = await catalogueRows(kind);
  if (seen.get(kind) === rows) return null;
  seen.set(kind, rows);
  return rows;
}

function byId<D>(rows: LiveRow[]): Map<string, D> {
  return new Map(rows.map((row) => [row.id, row.d as D]));
}

export function modelOf(unit: { model_id: string } | null): ModelRow | undefined {
  return unit ? catalogue.value.models.get(unit.model_id) : undefined;
}

export function serialPatternOf(modelId: string): string | undefined {
  return catalogue.value.models.get(modelId)?.serial_pattern || undefined;
}
