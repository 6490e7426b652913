/** What is written on a job sheet: rows of faults and parts, the codes that fit a job, and fields for both. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../core/api";
import { language, say, word } from "../words/words";
import { Field, type Given, Select } from "./form";

interface Named {
  code: string;
  name: string;
  name_zh: string;
}

const RESULTS = [
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

/** Which job it is: above its sheet, where the serial is still to be read, and with its machine and technician elsewhere. */
export function JobHead({ job, hasMachine }: Pick<KnownOfJob, "job"> & { hasMachine?: boolean }) {
  return (
    <p>
      <b>J-{job.number}</b> {job.subject}
      <span class="soft">
        {" "}
        · {job.model_name} {hasMachine && <span class="serial">{job.serial}</span>} · {job.customer_name}, {job.city}
        {hasMachine && job.technician && ` · ${job.technician}`}
      </span>
    </p>
  );
}

export function ResultField() {
  return <Field label={say("result")}>{(id) => <Words id={id} name="result" group="result" of={RESULTS} />}</Field>;
}

export function SummaryField() {
  return (
    <Field label={say("summary")} whole>
      {(id) => <textarea id={id} name="summary" rows={2} maxLength={4000} />}
    </Field>
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
          <Text name={`fault.${at}.cause`} label={say("fault.cause")} />
          <Text name={`fault.${at}.action`} label={say("fault.action")} />
        </>
      )}
    </Rows>
  );
}

export function PartRows({ first = 0 }: { first?: number }) {
  return (
    <Rows title={say("parts")} more={say("parts.more")} first={first}>
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
  const rows = useRef<HTMLFieldSetElement>(null);
  const before = useRef(count);
  useEffect(() => {
    // To the form, a row more or less is something typed.
    if (before.current !== count) rows.current?.dispatchEvent(new Event("input", { bubbles: true }));
    before.current = count;
  }, [count]);
  return (
    <fieldset class="rows" ref={rows}>
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

/** How many rows of a kind were shown, empty ones too. */
export function rowsShown(fields: Given, kind: string): number {
  const places = Object.keys(fields).map((name) => name.split("."));
  return Math.max(0, ...places.filter(([of, , field]) => of === kind && field).map(([, at]) => Number(at) + 1));
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
