/** What was asked about service reports and waits for somebody; and the reports of one job. */

import { get, post, type Shape } from "../core/api";
import { useLoad, usePages } from "../core/loading";
import { filter, hashOf, place } from "../core/router";
import { DISPATCHING, is, MANAGING, me } from "../core/session";
import { Ask } from "../parts/ask";
import { Field, Form, Select } from "../parts/form";
import { Empty, Listed, Loaded, State } from "../parts/states";
import { Table } from "../parts/table";
import { minutes, moment } from "../words/format";
import { say, word } from "../words/words";

export type Amendment = Shape<"AmendmentLine">;

const TONES: Record<string, string> = { waiting: "warn", approved: "good", declined: "bad" };

export function Reports() {
  const waiting = place.value.filters.waiting ?? "true";
  const pages = usePages(
    (cursor) => get("/report-amendments", { waiting: waiting === "true", cursor, limit: 50 }),
    [waiting],
  );
  return (
    <>
      <h1>{say("reports")}</h1>
      <div class="tools">
        <Select
          label={say("state")}
          value={waiting}
          options={[
            ["true", say("amendments.waiting")],
            ["false", say("amendments.decided")],
          ]}
          change={(chosen) => filter({ waiting: chosen })}
        />
      </div>
      <Listed of={pages} none={say("amendments.none")}>
        {(rows) => <Amendments rows={rows} done={pages.again} named />}
      </Listed>
    </>
  );
}

export function Amendments({
  rows,
  done,
  named = false,
}: {
  rows: readonly Amendment[];
  done: () => void;
  /** Whether each row names its report and leads there. */
  named?: boolean;
}) {
  return (
    <Table
      caption={say("amendments")}
      rows={rows}
      keyOf={(one) => one.id}
      columns={[
        {
          head: named ? say("report") : say("what"),
          lead: true,
          cell: (one) =>
            named ? (
              <>
                <a href={hashOf("report", one.visit_id)}>{one.report_number}</a>
                <div class="soft">
                  {one.job_number} · {word("asked", one.kind)}
                </div>
              </>
            ) : (
              word("asked", one.kind)
            ),
        },
        { head: say("reason"), cell: (one) => one.reason },
        { head: say("amend.what"), cell: (one) => one.kind === "amend" && <Corrected of={one} /> },
        {
          head: say("asked.by"),
          cell: (one) => (
            <>
              {one.asked_by_name ?? say(one.asked_by ? "ours" : "customer")}
              <div class="soft">{moment(one.asked_at)}</div>
            </>
          ),
        },
        {
          head: say("state"),
          cell: (one) => (
            <>
              <State tone={TONES[one.state] ?? ""}>{word("amendment", one.state)}</State>
              <div class="soft">{[one.decided_by_name, one.note].filter(Boolean).join(" · ")}</div>
            </>
          ),
        },
        { head: "", cell: (one) => one.state === "waiting" && <Deciding of={one} done={done} /> },
      ]}
    />
  );
}

/** What the second person is asked to approve beside the record as it stands. */
function Corrected({ of }: { of: Amendment }) {
  const { notes, strike = [], faults = [], times = [] } = of.corrections;
  const told = [
    notes,
    strike.length > 0 && say("amend.struck", { kinds: strike.map((one) => word("evidence", one.kind)).join(", ") }),
    faults.length > 0 && say("amend.faults", { count: faults.length }),
    ...times.map((one) => `+ ${word("time", one.kind)} ${minutes(one.minutes)}`),
  ].filter(Boolean);
  return told.length === 0 ? (
    <span class="soft">{say("amend.record")}</span>
  ) : (
    <ul>
      {told.map((one) => (
        <li key={String(one)}>{one}</li>
      ))}
    </ul>
  );
}

/** Whoever asked may take it back; somebody else of the office approves or declines. */
function Deciding({ of, done }: { of: Amendment; done: () => void }) {
  const own = of.asked_by === me.value?.account_id;
  if (!own && !is(DISPATCHING)) return null;
  const mayApprove = !own && (of.kind !== "withdraw" || is(MANAGING));
  const choices = mayApprove ? (["approve", "decline"] as const) : (["decline"] as const);
  return (
    <>
      {own && <p class="soft">{say("amend.yours")}</p>}
      <Ask button={say(own ? "amend.takeBack" : "decide")} plain small>
        {(close) =>
          choices.map((decision) => (
            <Form
              key={decision}
              button={say(own ? "amend.takeBack" : `amend.${decision}`)}
              tone={decision === "decline" ? "bad" : undefined}
              submit={async ({ note = "" }, key) => {
                await post("/reports/decide", { amendment_id: of.id, decision, note }, key);
                close();
                done();
              }}
            >
              <Field label={say("note")}>{(id) => <input id={id} name="note" maxLength={4000} />}</Field>
            </Form>
          ))
        }
      </Ask>
    </>
  );
}

export function ReportsOfJob({ id }: { id: string }) {
  const load = useLoad(() => get("/jobs/{id}", null, { id }), [id]);
  return (
    <Loaded of={load}>
      {({ job, visits }) => {
        const completed = visits.filter((visit) => visit.state === "completed");
        return (
          <>
            <h1>
              {say("reports")} · {job.number}
            </h1>
            {completed.length === 0 && <Empty>{say("report.noVisit")}</Empty>}
            <ul class="lines">
              {completed.map((visit) => (
                <li key={visit.id} class="between">
                  <a href={hashOf("report", visit.id)}>{say("visit.title", { number: visit.number })}</a>
                  <span class="soft">
                    {visit.technician} · {moment(visit.completed_at ?? "")}
                  </span>
                </li>
              ))}
            </ul>
          </>
        );
      }}
    </Loaded>
  );
}
