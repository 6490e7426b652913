/** What is written on a job sheet: rows of faults and parts, the codes that fit a job, and fields for both. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { get } from "../core/api";
import { language, say, word } from "../words/words";
import { Field, type Given, Select } from "./form";

interface Named {
  code: string;
  name: string;
  name_zh: string;
}

export const RESULTS = [
  "repaired",
  "not_repaired",
  "no_fault_found",
  "installed",
  "maintained",
  "inspected",
  "advised",
] as const;
export const UNSIGNED = ["absent", "declined", "remote"] as const;
const CODES_MAX = 200;

/** A job with the codes that can be written on its sheet. */
export async function knownOfJob(jobId: string) {
  const { job, visits } = await get("/jobs/{id}", null, { id: jobId });
  const [model, faults, operations, parts] = await Promise.all([
    get("/models/{id}", null, { id: job.model_id }),
    get("/fault-codes", { limit: CODES_MAX }),
    get("/labour-operations", { limit: CODES_MAX }),
    get("/parts", { limit: CODES_MAX }),
  ]);
  return {
    job,
    visits,
    components: model.components,
    faults: faults.items,
    operations: operations.items,
    parts: parts.items.map((one) => ({ ...one, code: one.number })),
  };
}

export type KnownOfJob = Awaited<ReturnType<typeof knownOfJob>>;

/** What the fields of a sheet offer. */
export function SheetCodes({
  faults,
  operations,
  parts,
  components,
}: Pick<KnownOfJob, "faults" | "operations" | "parts" | "components">) {
  return (
    <>
      <Codes id="fault-codes" of={faults} />
      <Codes id="operations" of={operations} />
      <Codes id="parts" of={parts} />
      <Codes id="components" of={components} />
    </>
  );
}

export function FaultRows({ first = 1 }: { first?: number }) {
  return (
    <Rows title={say("faults")} more={say("faults.more")} first={first}>
      {(at) => (
        <>
          <Text name={`fault.${at}.fault_code`} label={say("fault.code")} list="fault-codes" required />
          <Text name={`fault.${at}.component_code`} label={say("component")} list="components" />
          <Text name={`fault.${at}.designator`} label={say("designator")} />
          <Text name={`fault.${at}.symptom`} label={say("symptom")} required />
        </>
      )}
    </Rows>
  );
}

export function PartRows() {
  return (
    <Rows title={say("parts")} more={say("parts.more")} first={0}>
      {(at) => (
        <>
          <Text name={`part.${at}.part_number`} label={say("part.number")} list="parts" required />
          <Text name={`part.${at}.quantity`} label={say("quantity")} type="number" required />
          <Text name={`part.${at}.old_serial`} label={say("serial.old")} />
          <Text name={`part.${at}.new_serial`} label={say("serial.new")} />
          <Text name={`part.${at}.component_code`} label={say("component")} list="components" />
          <Text name={`part.${at}.designator`} label={say("designator")} />
        </>
      )}
    </Rows>
  );
}

function Codes({ id, of }: { id: string; of: readonly Named[] }) {
  return (
    <datalist id={id}>
      {of.map((one) => (
        <option key={one.code} value={one.code}>
          {(language.value === "zh" && one.name_zh) || one.name}
        </option>
      ))}
    </datalist>
  );
}

export function Words(props: { id: string; name: string; group: string; of: readonly string[] }) {
  return <Select id={props.id} name={props.name} options={props.of.map((one) => [one, word(props.group, one)])} />;
}

export function Text(props: {
  name: string;
  label: string;
  list?: string;
  type?: "number";
  required?: boolean;
  value?: string;
}) {
  return (
    <Field label={props.label}>
      {(id) => (
        <input
          id={id}
          name={props.name}
          type={props.type ?? "text"}
          min={props.type && 1}
          list={props.list}
          required={props.required}
          maxLength={500}
          defaultValue={props.value}
          autocomplete="off"
        />
      )}
    </Field>
  );
}

/** As many rows of fields as are needed. */
export function Rows({
  title,
  more,
  first,
  children,
}: {
  title: string;
  more: string;
  first: number;
  children: (at: number) => ComponentChildren;
}) {
  const [count, setCount] = useState(first);
  return (
    <fieldset class="rows">
      <legend>{title}</legend>
      {Array.from({ length: count }, (_, at) => (
        <div class="fields" key={at}>
          {children(at)}
        </div>
      ))}
      <p class="actions">
        <button type="button" class="plain small" onClick={() => setCount(count + 1)}>
          {more}
        </button>
        {count > 0 && (
          <button type="button" class="plain small" onClick={() => setCount(count - 1)}>
            {say("row.less")}
          </button>
        )}
      </p>
    </fieldset>
  );
}

/** The rows of a kind, each with what was filled in. */
export function rowsOf(given: Given, kind: string): Record<string, string>[] {
  const rows: Record<string, string>[] = [];
  for (const [name, value] of Object.entries(given)) {
    const [of, at, field] = name.split(".");
    if (of !== kind || !field || !value) continue;
    rows[Number(at)] = { ...rows[Number(at)], [field]: value };
  }
  return rows.filter(Boolean);
}
