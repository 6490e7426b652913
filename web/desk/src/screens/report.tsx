/** One service report: its revisions, what is different in them, and what may be asked about it. */

import { useState } from "preact/hooks";
import { type Done, get, post, type Shape } from "../core/api";
import { useLoad } from "../core/loading";
import { DISPATCHING, is, MANAGING, PARTNER } from "../core/session";
import { AskForm } from "../parts/ask";
import { Field, type Given, ReasonField, Select } from "../parts/form";
import { tell } from "../parts/notice";
import { Empty, Loaded, State } from "../parts/states";
import { Table } from "../parts/table";
import { moment } from "../words/format";
import { say, word } from "../words/words";
import { Amendments } from "./reports";

type Life = Shape<"ReportLife">;
type Sheet = Shape<"VisitSheet">;
type Asked = Done<"/reports/amend">;
type Struck = Shape<"StruckLine">;

const TONES: Record<string, string> = {
  sealed: "good",
  awaiting_signature: "warn",
  customer_declined: "warn",
  withdrawn: "bad",
};

export function Report({ id }: { id: string }) {
  const load = useLoad(() => get("/reports/{visit_id}/revisions", null, { visit_id: id }), [id]);
  return (
    <Loaded of={load}>
      {(life) => (life.state === "draft" ? <Draft /> : <Whole life={life} again={load.again} />)}
    </Loaded>
  );
}

function Draft() {
  return (
    <>
      <h1>{say("report")}</h1>
      <Empty>{say("report.draft")}</Empty>
    </>
  );
}

function Whole({ life, again }: { life: Life; again: () => void }) {
  const done = (told: string) => {
    tell(told);
    again();
  };
  const asked = (answer: Asked) =>
    done(answer.state === "waiting" ? say("amend.asked") : say("amend.done", { revision: answer.revision }));
  const waits = life.amendments.some((one) => one.state === "waiting");
  const withdrawn = life.state === "withdrawn";
  return (
    <>
      <div class="between">
        <h1>{say("report.title", { number: life.number ?? "" })}</h1>
        <State tone={TONES[life.state] ?? ""}>{word("report.state", life.state)}</State>
      </div>
      {life.erased_at && <p class="soft">{say("erased.at", { at: moment(life.erased_at) })}</p>}
      <div class="tools">
        {life.revisions[0]?.printed_at && (
          <a class="button plain" href={`/reports/${life.visit_id}/pdf`}>
            {say("report.pdf")}
          </a>
        )}
        {!waits && is(withdrawn ? MANAGING : [...DISPATCHING, ...PARTNER]) && (
          <Amend visitId={life.visit_id} done={asked} />
        )}
        {!waits && !withdrawn && is(MANAGING) && (
          <AskForm
            button={say("report.withdraw")}
            tone="bad"
            plain
            submit={({ reason = "" }: Given, key) =>
              post("/reports/withdraw", { visit_id: life.visit_id, reason }, key)
            }
            done={(answer) => done(answer.state === "waiting" ? say("amend.asked") : say("report.withdrawn"))}
          >
            <ReasonField />
          </AskForm>
        )}
        {!life.erased_at && is(MANAGING) && (
          <AskForm
            button={say("erase")}
            tone="bad"
            plain
            submit={({ reason = "" }: Given, key) => post("/reports/erase", { visit_id: life.visit_id, reason }, key)}
            done={() => done(say("erase.done"))}
          >
            <p>{say("erase.hint")}</p>
            <ReasonField />
          </AskForm>
        )}
      </div>
      <Revisions life={life} />
      {life.revisions.length > 1 && <Different life={life} />}
      {life.amendments.length > 0 && (
        <section aria-labelledby="amendments">
          <h2 id="amendments">{say("amendments")}</h2>
          <Amendments rows={life.amendments} done={again} />
        </section>
      )}
    </>
  );
}

function Revisions({ life }: { life: Life }) {
  return (
    <section aria-labelledby="revisions">
      <h2 id="revisions">{say("revisions")}</h2>
      <Table
        caption={say("revisions")}
        rows={life.revisions}
        keyOf={(one) => String(one.revision)}
        columns={[
          {
            head: say("revision"),
            lead: true,
            cell: (one) => (
              <>
                {one.revision}
                {one.predecessor && <div class="soft">{say("revision.of", { number: one.predecessor })}</div>}
              </>
            ),
          },
          {
            head: say("state"),
            cell: (one) => <State tone={TONES[one.state] ?? ""}>{word("report.state", one.state)}</State>,
          },
          { head: say("reason"), cell: (one) => one.reason },
          { head: say("revision.frozen"), cell: (one) => moment(one.frozen_at) },
          { head: say("revision.code"), cell: (one) => <span class="serial">{one.short_code}</span> },
          {
            head: say("revision.digest"),
            cell: (one) => (
              <span class="serial" title={one.digest}>
                {one.digest.slice(0, 12)}…
              </span>
            ),
          },
        ]}
      />
    </section>
  );
}

/** The last revision beside the one before it, until others are chosen. */
function Different({ life }: { life: Life }) {
  const newest = life.revisions[0]?.revision ?? 2;
  const [after, setAfter] = useState(newest);
  const chosen = Math.min(after, newest);
  const before = Math.max(chosen - 1, 1);
  const load = useLoad(
    () => get("/reports/{visit_id}/difference", { before, after: chosen }, { visit_id: life.visit_id }),
    [life.visit_id, before, chosen],
  );
  return (
    <section aria-labelledby="difference">
      <h2 id="difference">{say("difference")}</h2>
      <div class="tools">
        <Select
          label={say("revision")}
          value={String(chosen)}
          options={life.revisions
            .filter((one) => one.revision > 1)
            .map((one) => [
              String(one.revision),
              say("difference.between", { before: one.revision - 1, after: one.revision }),
            ])}
          change={(value) => setAfter(Number(value))}
        />
      </div>
      <Loaded of={load}>
        {({ lines }) =>
          lines.length === 0 ? (
            <Empty>{say("difference.none")}</Empty>
          ) : (
            <Table
              caption={say("difference")}
              rows={lines}
              keyOf={(line) => `${line.field} ${line.before} ${line.after}`}
              columns={[
                { head: say("field"), lead: true, cell: (line) => fieldName(line.field) },
                { head: say("before"), cell: (line) => line.before && <del>{line.before}</del> },
                { head: say("after"), cell: (line) => line.after && <ins>{line.after}</ins> },
              ]}
            />
          )
        }
      </Loaded>
    </section>
  );
}

/** A path such as "faults.1.designator" as a person reads it. */
function fieldName(path: string): string {
  const [first = "", ...rest] = path.split(".");
  return [word("told", first), ...rest.map((one) => one.replace(/_/g, " "))].join(" · ");
}

function Amend({ visitId, done }: { visitId: string; done: (answer: Asked) => void }) {
  return (
    <AskForm
      button={say("amend")}
      wide
      submit={(given: Given, key) =>
        post("/reports/amend", { visit_id: visitId, reason: given.reason ?? "", corrections: corrected(given) }, key)
      }
      done={done}
    >
      <p class="soft">{say("amend.hint")}</p>
      <ReasonField />
      <Corrected visitId={visitId} />
    </AskForm>
  );
}

/** What of the sheet can be put right here: its notes, lines that should not be there, minutes that are missing. */
function Corrected({ visitId }: { visitId: string }) {
  const load = useLoad(() => get("/visits/{id}", null, { id: visitId }), [visitId]);
  return (
    <Loaded of={load}>
      {(sheet) => (
        <>
          <Field label={say("amend.notes")} whole>
            {(id) => (
              <textarea id={id} name="notes" rows={3} maxLength={4000}>
                {sheet.visit.summary}
              </textarea>
            )}
          </Field>
          <fieldset>
            <legend>{say("amend.strike")}</legend>
            {linesOf(sheet).map(([kind, line, text]) => (
              <label key={line}>
                <input type="checkbox" name={`strike.${kind}.${line}`} /> {text}
              </label>
            ))}
          </fieldset>
          {(["labour", "travel"] as const).map((kind) => (
            <Field key={kind} label={`${say("amend.minutes")}: ${word("time", kind)}`}>
              {(id) => <input id={id} name={`minutes.${kind}`} type="number" min={1} max={1440} />}
            </Field>
          ))}
        </>
      )}
    </Loaded>
  );
}

function linesOf(sheet: Sheet): [kind: Struck["kind"], line: string, text: string][] {
  const standing = <T extends { voided_at?: string | null }>(lines: readonly T[]) =>
    lines.filter((line) => !line.voided_at);
  return [
    ...standing(sheet.faults).map((one) => line("fault", one.id, one.code, one.name, one.designator)),
    ...standing(sheet.parts).map((one) => line("part", one.id, one.quantity, one.number, one.name, one.new_serial)),
    ...standing(sheet.times).map((one) => line("time", one.id, word("time", one.kind), one.minutes)),
    ...standing(sheet.expenses).map((one) => line("expense", one.id, one.kind, one.note)),
    ...standing(sheet.readings).map((one) => line("reading", one.id, one.name, one.value, one.unit_of_measure)),
    ...standing(sheet.photos).map((one) => line("photo", one.id, one.kind, one.caption)),
  ];
}

function line(
  kind: Struck["kind"],
  id: string,
  ...told: readonly (string | number)[]
): [Struck["kind"], string, string] {
  return [kind, id, told.filter((one) => one !== "").join(" · ")];
}

function corrected(given: Given): Shape<"Corrections"> {
  const strike = Object.keys(given)
    .filter((name) => name.startsWith("strike."))
    .map((name) => name.split("."))
    .map(([, kind, line_id]) => ({ kind: kind as Struck["kind"], line_id: line_id ?? "" }));
  const times = (["labour", "travel"] as const)
    .map((kind) => ({ kind, minutes: Number(given[`minutes.${kind}`] || 0), note: "" }))
    .filter((one) => one.minutes > 0);
  return { notes: given.notes ?? null, strike, times, faults: [] };
}
