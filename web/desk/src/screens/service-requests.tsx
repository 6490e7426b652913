/** What people ask for who scanned a machine's label: made a job of, or dismissed with a reason. */

import { get, post, type Shape } from "../core/api";
import { usePages } from "../core/loading";
import { place } from "../core/router";
import { DISPATCHING, is, MANAGING } from "../core/session";
import { AskForm } from "../parts/ask";
import { StateChoice } from "../parts/filters";
import { Field, type Given, ReasonField } from "../parts/form";
import { Listed, State } from "../parts/states";
import { type Column, Table } from "../parts/table";
import { localHour, moment, momentOf } from "../words/format";
import { say, word } from "../words/words";

type Line = Shape<"RequestLine">;

const STATES = ["new", "accepted", "dismissed"] as const;
const TONES: Record<string, string> = { new: "wait", accepted: "good", right: "good", revoked: "bad" };
const HOUR_MS = 3_600_000;

export function ServiceRequests() {
  const state = place.value.filters.state ?? "";
  const pages = usePages(
    (cursor) =>
      get("/service-requests", { cursor, limit: 50, state: (state || null) as (typeof STATES)[number] | null }),
    [state],
  );
  const columns: Column<Line>[] = [
    { head: say("number"), lead: true, cell: (one) => one.number },
    { head: say("requests.at"), unbroken: true, cell: (one) => moment(one.received_at) },
    { head: say("requests.machine"), cell: (one) => <Machine of={one} /> },
    {
      head: say("requests.wish"),
      cell: (one) => (
        <>
          <p class="prose">{one.wish}</p>
          {one.photo && (
            <a href={`/service-requests/${one.id}/photo`} target="_blank" rel="noreferrer">
              {say("requests.photo")}
            </a>
          )}
        </>
      ),
    },
    {
      head: say("requests.who"),
      cell: (one) =>
        one.erased_at ? (
          <span class="soft">{say("erased.at", { at: moment(one.erased_at) })}</span>
        ) : (
          <>
            {one.name}
            <br />
            <a href={`tel:${one.phone.replace(/[^+\d]/g, "")}`}>{one.phone}</a>
          </>
        ),
    },
    {
      head: say("state"),
      cell: (one) => (
        <>
          <State tone={TONES[one.state] ?? ""}>{word("request", one.state)}</State>{" "}
          {one.job_number ?? <span class="soft">{one.reason}</span>}
        </>
      ),
    },
    {
      head: "",
      cell: (one) => (
        <p class="actions">
          {one.state === "new" && is(DISPATCHING) && (
            <>
              {!one.erased_at && <Accept of={one} done={pages.again} />}
              <Dismiss of={one} done={pages.again} />
            </>
          )}
          {!one.erased_at && is(MANAGING) && <Erase of={one} done={pages.again} />}
        </p>
      ),
    },
  ];
  return (
    <>
      <h1>{say("requests")}</h1>
      <div class="tools">
        <StateChoice states={STATES} group="request" />
      </div>
      <Listed of={pages} none={say("requests.none")}>
        {(rows) => <Table caption={say("requests")} columns={columns} rows={rows} keyOf={(one) => one.id} />}
      </Listed>
    </>
  );
}

function Machine({ of: one }: { of: Line }) {
  return (
    <>
      <span class="serial">{one.serial}</span>
      {one.label === null && <div class="soft">{say("requests.looking")}</div>}
      {one.label !== null && !one.unit_id && <div class="soft">{say("requests.unknown")}</div>}
      {one.unit_id && <div>{[one.model, one.customer, one.site].filter(Boolean).join(" · ")}</div>}
      {one.label && (
        <div>
          <State tone={TONES[one.label] ?? ""}>{word("label", one.label)}</State>
        </div>
      )}
      {one.partner && <div class="soft">{say("requests.served", { partner: one.partner })}</div>}
    </>
  );
}

/** The one unit with a serial. */
async function unitOf(serial: string) {
  const found = (await get("/units", { serial, limit: 2 })).items;
  const [unit] = found;
  if (!unit || found.length > 1) throw new Error(say("requests.several"));
  return unit.id;
}

function Accept({ of: one, done }: { of: Line; done: () => void }) {
  const later = (hours: number) => localHour(new Date(Date.now() + hours * HOUR_MS));
  const submit = async (given: Given, key: string) =>
    post(
      "/service-requests/accept",
      {
        request_id: one.id,
        unit_id: given.serial ? await unitOf(given.serial) : null,
        subject: given.subject ?? "",
        priority: Number(given.priority),
        required_from: momentOf(given.from ?? ""),
        required_to: momentOf(given.to ?? ""),
      },
      key,
    );
  return (
    <AskForm
      button={say("requests.accept")}
      title={`${say("requests.accept")}: ${one.number}`}
      small
      submit={submit}
      done={done}
    >
      <div class="fields">
        {!one.unit_id && (
          <Field label={say("requests.serial")} hint={say("requests.serial.hint")} whole>
            {(id) => <input id={id} name="serial" required maxLength={128} defaultValue={one.serial} />}
          </Field>
        )}
        <Field label={say("subject")} whole>
          {(id) => (
            <input
              id={id}
              name="subject"
              required
              maxLength={200}
              defaultValue={one.wish.split("\n")[0]?.slice(0, 200)}
            />
          )}
        </Field>
        <Field label={say("priority")}>
          {(id) => <input id={id} name="priority" type="number" min={1} max={5} defaultValue="3" required />}
        </Field>
        <Field label={say("from")}>
          {(id) => <input id={id} name="from" type="datetime-local" required defaultValue={later(24)} />}
        </Field>
        <Field label={say("to")}>
          {(id) => <input id={id} name="to" type="datetime-local" required defaultValue={later(28)} />}
        </Field>
      </div>
    </AskForm>
  );
}

function Dismiss({ of: one, done }: { of: Line; done: () => void }) {
  return (
    <AskForm
      button={say("requests.dismiss")}
      title={`${say("requests.dismiss")}: ${one.number}`}
      tone="bad"
      plain
      small
      submit={(given, key) =>
        post("/service-requests/dismiss", { request_id: one.id, reason: given.reason ?? "" }, key)
      }
      done={done}
    >
      <ReasonField />
    </AskForm>
  );
}

function Erase({ of: one, done }: { of: Line; done: () => void }) {
  return (
    <AskForm
      button={say("erase")}
      title={`${say("erase")}: ${one.number}`}
      tone="bad"
      plain
      small
      submit={(given, key) => post("/service-requests/erase", { request_id: one.id, reason: given.reason ?? "" }, key)}
      done={done}
    >
      <p>{say("requests.erase.hint")}</p>
      <ReasonField />
    </AskForm>
  );
}
