/** A partner's office hands in a completed visit of one of its jobs, whole. */

import { useState } from "preact/hooks";
import { minorUnits } from "../../../common/money";
import { type Done, post, type Sent } from "../core/api";
import { useLoad } from "../core/loading";
import { hashOf } from "../core/router";
import { me } from "../core/session";
import { ClaimState, Reasons } from "../parts/claims";
import { Field, Form, type Given, Select } from "../parts/form";
import { choices, currencyOf, technicians } from "../parts/names";
import {
  FaultRows,
  JobHead,
  type KnownOfJob,
  knownOfJob,
  PartRows,
  ResultField,
  Rows,
  rowsOf,
  SheetCodes,
  SummaryField,
  Text,
  UNSIGNED,
  Words,
} from "../parts/sheet";
import { Loaded } from "../parts/states";
import { here, localHour, momentOf } from "../words/format";
import { say, word } from "../words/words";

type Body = Sent<"/claims/submit">;
type Told = Done<"/claims/submit">;

const EXPENSES = ["parking", "toll", "ticket", "material", "other"] as const;
const HOUR_MS = 3_600_000;

export function Submit({ id }: { id: string }) {
  const load = useLoad(() => knownOfJob(id), [id]);
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

function Sheet({ job, done, ...codes }: KnownOfJob & { done: (told: Told) => void }) {
  const submit = async (given: Given, key: string) => {
    done(await post("/claims/submit", bodyOf(given, job.number), key));
  };
  return (
    <div class="card">
      <JobHead job={job} />
      <SheetCodes {...codes} />
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
          <ResultField />
          <Field label={say("unsigned")}>{(id) => <Words id={id} name="unsigned" group="said" of={UNSIGNED} />}</Field>
          <SummaryField />
        </div>
        <FaultRows />
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
        <PartRows />
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
