/** A partner's office hands in a completed visit of one of its jobs, whole. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { minorUnits } from "../../../common/money";
import { type Done, get, post, type Sent } from "../core/api";
import { useLoad } from "../core/loading";
import { hashOf } from "../core/router";
import { me } from "../core/session";
import { ClaimState, Reasons } from "../parts/claims";
import { Field, Form, type Given, Select } from "../parts/form";
import { choices, currencyOf, technicians } from "../parts/names";
import { Loaded } from "../parts/states";
import { here, localHour, momentOf } from "../words/format";
import { language, say, word } from "../words/words";

type Body = Sent<"/claims/submit">;
type Told = Done<"/claims/submit">;
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
const UNSIGNED = ["absent", "declined", "remote"] as const;
const EXPENSES = ["parking", "toll", "ticket", "material", "other"] as const;
const CODES_MAX = 200;
const HOUR_MS = 3_600_000;

async function readFor(jobId: string) {
  const { job } = await get("/jobs/{id}", null, { id: jobId });
  const [model, faults, operations, parts] = await Promise.all([
    get("/models/{id}", null, { id: job.model_id }),
    get("/fault-codes", { limit: CODES_MAX }),
    get("/labour-operations", { limit: CODES_MAX }),
    get("/parts", { limit: CODES_MAX }),
  ]);
  return {
    job,
    components: model.components,
    faults: faults.items,
    operations: operations.items,
    parts: parts.items.map((one) => ({ ...one, code: one.number })),
  };
}

export function Submit({ id }: { id: string }) {
  const load = useLoad(() => readFor(id), [id]);
  const [told, setTold] = useState<Told | null>(null);
  return (
    <>
      <p class="back">
        <a href={hashOf("jobs")}>{say("jobs")}</a>
      </p>
      <h1>{say("submit")}</h1>
      {told ? <Outcome told={told} /> : <Loaded of={load}>{(given) => <Sheet {...given} done={setTold} />}</Loaded>}
    </>
  );
}

function Outcome({ told }: { told: Told }) {
  return (
    <div class="card" role="status">
      {told.claim_number ? (
        <>
          <p>
            <a href={hashOf("claim", told.claim_id ?? "")}>{say("claim.title", { number: told.claim_number })}</a>{" "}
            <ClaimState state={told.state ?? ""} />
          </p>
          <Reasons codes={told.reasons ?? []} />
        </>
      ) : (
        <p>
          {say("submit.no-claim")} {word("why", told.why_no_claim ?? "")}
        </p>
      )}
      {(told.flags ?? []).map((flag) => (
        <p key={flag} class="soft">
          {word("flag", flag)}
        </p>
      ))}
    </div>
  );
}

type Read = Awaited<ReturnType<typeof readFor>>;

function Sheet({ job, components, faults, operations, parts, done }: Read & { done: (told: Told) => void }) {
  const submit = async (given: Given, key: string) => {
    done(await post("/claims/submit", bodyOf(given, job.number), key));
  };
  return (
    <div class="card">
      <p>
        <b>{job.number}</b> {job.subject}
        <span class="soft">
          {" "}
          · {job.model_name} · {job.customer_name}, {job.city}
        </span>
      </p>
      <Codes id="fault-codes" of={faults} />
      <Codes id="operations" of={operations} />
      <Codes id="parts" of={parts} />
      <Codes id="components" of={components} />
      <Form button={say("submit")} submit={submit}>
        <div class="fields">
          <Field label={say("technician")}>
            {(id) => (
              <Select
                id={id}
                name="technician"
                required
                value={job.technician_id ?? ""}
                options={choices(technicians.value)}
              />
            )}
          </Field>
          <Field label={say("arrived")}>
            {(id) => (
              <input
                id={id}
                name="arrived"
                type="datetime-local"
                required
                defaultValue={localHour(new Date(Date.now() - 2 * HOUR_MS))}
              />
            )}
          </Field>
          <Field label={say("completed")} hint={`${say("yourTime")}: ${here}`}>
            {(id) => (
              <input
                id={id}
                name="completed"
                type="datetime-local"
                required
                defaultValue={localHour(new Date(Date.now() - HOUR_MS))}
              />
            )}
          </Field>
          <Field label={say("scanned")} hint={say("scanned.hint")}>
            {(id) => <input id={id} name="scan" required maxLength={500} autocomplete="off" />}
          </Field>
          <Field label={say("result")}>{(id) => <Words id={id} name="result" group="result" of={RESULTS} />}</Field>
          <Field label={say("unsigned")}>{(id) => <Words id={id} name="unsigned" group="said" of={UNSIGNED} />}</Field>
          <Field label={say("summary")} whole>
            {(id) => <textarea id={id} name="summary" rows={2} maxLength={4000} />}
          </Field>
        </div>
        <Rows title={say("faults")} more={say("faults.more")} first={1}>
          {(at) => (
            <>
              <Text name={`fault.${at}.fault_code`} label={say("fault.code")} list="fault-codes" required />
              <Text name={`fault.${at}.component_code`} label={say("component")} list="components" />
              <Text name={`fault.${at}.designator`} label={say("designator")} />
              <Text name={`fault.${at}.symptom`} label={say("symptom")} required />
            </>
          )}
        </Rows>
        <Rows title={say("times")} more={say("times.more")} first={1}>
          {(at) => (
            <>
              <Field label={say("kind")}>
                {(id) => <Words id={id} name={`time.${at}.kind`} group="line" of={["labour", "travel"]} />}
              </Field>
              <Text name={`time.${at}.minutes`} label={say("minutes")} type="number" required />
              <Text name={`time.${at}.labour_operation`} label={say("operation")} list="operations" />
            </>
          )}
        </Rows>
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
        <Rows title={say("expenses")} more={say("expenses.more")} first={0}>
          {(at) => (
            <>
              <Field label={say("kind")}>
                {(id) => <Words id={id} name={`expense.${at}.kind`} group="expense" of={EXPENSES} />}
              </Field>
              <Text name={`expense.${at}.amount`} label={say("amount")} required />
              <Text
                name={`expense.${at}.currency`}
                label={say("currency")}
                required
                value={currencyOf(me.value?.partner_id)}
              />
            </>
          )}
        </Rows>
      </Form>
    </div>
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

function Words(props: { id: string; name: string; group: string; of: readonly string[] }) {
  return <Select id={props.id} name={props.name} options={props.of.map((one) => [one, word(props.group, one)])} />;
}

function Text(props: {
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
function Rows({
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
function rowsOf(given: Given, kind: string): Record<string, string>[] {
  const rows: Record<string, string>[] = [];
  for (const [name, value] of Object.entries(given)) {
    const [of, at, field] = name.split(".");
    if (of !== kind || !field || !value) continue;
    rows[Number(at)] = { ...rows[Number(at)], [field]: value };
  }
  return rows.filter(Boolean);
}

function bodyOf(given: Given, jobNumber: number): Body {
  return {
    job_number: jobNumber,
    technician_id: given.technician ?? "",
    arrived_at: momentOf(given.arrived ?? ""),
    completed_at: momentOf(given.completed ?? ""),
    scan: { scanned_text: given.scan ?? "" },
    result: given.result as Body["result"],
    summary: given.summary ?? "",
    no_signature_reason: given.unsigned as NonNullable<Body["no_signature_reason"]>,
    faults: rowsOf(given, "fault") as unknown as NonNullable<Body["faults"]>,
    times: rowsOf(given, "time").map((row) => ({
      ...row,
      kind: row.kind as "labour" | "travel",
      minutes: Number(row.minutes),
    })),
    parts: rowsOf(given, "part").map((row) => ({
      ...row,
      part_number: row.part_number ?? "",
      quantity: Number(row.quantity),
    })),
    expenses: rowsOf(given, "expense").map((row) => {
      const currency = (row.currency ?? "").toUpperCase();
      const amount_minor = minorUnits(row.amount ?? "", currency);
      if (amount_minor === null) throw new Error(`${say("amount")}: ${row.amount ?? ""}`);
      return { kind: row.kind as "parking", amount_minor, currency };
    }),
  };
}
