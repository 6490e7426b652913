/** Leave to claim more than the rules let pass: partners ask before the work, reviewers grant or refuse. */

import { useState } from "preact/hooks";
import { minorUnits } from "../../../common/money";
import { get, post, type Sent, type Shape } from "../core/api";
import { REASONS } from "../core/deciding";
import { usePages } from "../core/loading";
import { filter, place } from "../core/router";
import { is, PARTNER, REVIEWING } from "../core/session";
import { Ask } from "../parts/ask";
import { Field, Form, type Given, type Option, Select } from "../parts/form";
import { partnerName } from "../parts/names";
import { Listed, State } from "../parts/states";
import { type Column, Table } from "../parts/table";
import { day, moment, money, number } from "../words/format";
import { say, word } from "../words/words";

type Card = Shape<"PreauthorisationCard">;
type Allowance = Sent<"/preauthorisations">["asked"];

const STATES = ["requested", "granted", "refused"] as const;
const TONES: Record<string, string> = { requested: "wait", granted: "good", refused: "bad" };

export function Preauthorisations() {
  const state = place.value.filters.state ?? "";
  const pages = usePages(
    (cursor) =>
      get("/preauthorisations", { cursor, limit: 50, state: (state || null) as (typeof STATES)[number] | null }),
    [state],
  );
  const columns: Column<Card>[] = [
    { head: say("number"), lead: true, cell: (one) => one.number },
    { head: say("job"), cell: (one) => one.job_number },
    ...(is(PARTNER) ? [] : [{ head: say("partner"), cell: (one: Card) => partnerName(one.partner_id) }]),
    { head: say("asked.for"), cell: (one) => <Allowed of={one.asked as Allowance} /> },
    { head: say("note"), cell: (one) => one.note },
    { head: say("asked.at"), cell: (one) => moment(one.asked_at) },
    {
      head: say("state"),
      cell: (one) => (
        <>
          <State tone={TONES[one.state] ?? ""}>{word("pre", one.state)}</State>{" "}
          {one.valid_until && <span class="soft">{say("valid.until", { day: day(one.valid_until) })}</span>}
          {one.reason && (
            <div class="soft">{[word("reason", one.reason), one.decision_note].filter(Boolean).join(" · ")}</div>
          )}
          {one.granted && <Allowed of={one.granted as Allowance} />}
        </>
      ),
    },
    {
      head: "",
      cell: (one) => one.state === "requested" && is(REVIEWING) && <Decide card={one} done={pages.again} />,
    },
  ];
  return (
    <>
      <h1>{say("preauthorisations")}</h1>
      <div class="tools">
        <Field label={say("state")}>
          {(id) => (
            <Select
              id={id}
              value={state}
              change={(one) => filter({ state: one })}
              options={[["", say("all")], ...STATES.map((one): Option => [one, word("pre", one)])]}
            />
          )}
        </Field>
        {is(PARTNER) && <Request done={pages.again} />}
      </div>
      <Listed of={pages} none={say("preauthorisations.none")}>
        {(rows) => <Table caption={say("preauthorisations")} columns={columns} rows={rows} keyOf={(one) => one.id} />}
      </Listed>
    </>
  );
}

function Allowed({ of }: { of: Allowance }) {
  return (
    <ul>
      {of.labour_minutes != null && <li>{`${word("line", "labour")}: ${number(of.labour_minutes)} min`}</li>}
      {(of.parts ?? []).map((part) => (
        <li key={part.number}>{`${part.number} × ${number(part.quantity)}`}</li>
      ))}
      {of.amount_minor != null && <li>{`${word("line", "expense")}: ${money(of.amount_minor, "")}`}</li>}
      {of.goodwill && <li>{word("reason", "goodwill")}</li>}
      {of.repeat_trip && <li>{say("repeat.trip")}</li>}
    </ul>
  );
}

/** The fields of what is allowed, filled with what is asked for. */
function AllowanceFields({ of }: { of?: Allowance }) {
  return (
    <>
      <div class="fields">
        <Field label={say("labour.minutes")}>
          {(id) => (
            <input id={id} name="minutes" type="number" min={1} max={1440} defaultValue={of?.labour_minutes ?? ""} />
          )}
        </Field>
        <Field label={say("expenses.money")}>
          {(id) => (
            <input
              id={id}
              name="amount"
              inputMode="decimal"
              defaultValue={of?.amount_minor == null ? "" : String(of.amount_minor / 100)}
            />
          )}
        </Field>
        <Field label={say("parts.list")} hint={say("parts.list.hint")} whole>
          {(id) => (
            <input
              id={id}
              name="parts"
              maxLength={500}
              defaultValue={(of?.parts ?? []).map((part) => `${part.number} ${part.quantity}`).join(", ")}
            />
          )}
        </Field>
      </div>
      <label class="tick">
        <input type="checkbox" name="goodwill" defaultChecked={of?.goodwill ?? false} /> {word("reason", "goodwill")}
      </label>
      <label class="tick">
        <input type="checkbox" name="repeat" defaultChecked={of?.repeat_trip ?? false} /> {say("repeat.trip")}
      </label>
    </>
  );
}

function allowanceOf(given: Given): Allowance {
  const amount_minor = given.amount ? minorUnits(given.amount, "EUR") : null;
  if (given.amount && amount_minor === null) throw new Error(`${say("amount")}: ${given.amount}`);
  const parts = (given.parts ?? "")
    .split(",")
    .map((one) => one.trim().split(/\s+/))
    .filter(([number]) => number)
    .map(([number, quantity]) => ({ number: number ?? "", quantity: Number(quantity ?? 1) }));
  return {
    labour_minutes: given.minutes ? Number(given.minutes) : null,
    amount_minor,
    parts,
    goodwill: given.goodwill === "on",
    repeat_trip: given.repeat === "on",
  };
}

function Request({ done }: { done: () => void }) {
  return (
    <Ask button={say("preauthorisation.ask")} title={say("preauthorisation.ask")}>
      {(close) => (
        <Form
          button={say("preauthorisation.ask")}
          submit={async (given, key) => {
            const jobs = await get("/jobs", { limit: 200 });
            const job = jobs.items.find((one) => String(one.number) === given.job?.trim());
            if (!job) throw new Error(say("job.unknown"));
            await post(
              "/preauthorisations",
              { job_id: job.id, asked: allowanceOf(given), note: given.note ?? "" },
              key,
            );
            close();
            done();
          }}
        >
          <Field label={say("job.number")}>
            {(id) => <input id={id} name="job" required inputMode="numeric" maxLength={20} />}
          </Field>
          <AllowanceFields />
          <Field label={say("preauthorisation.why")}>
            {(id) => <textarea id={id} name="note" rows={2} required minLength={3} maxLength={4000} />}
          </Field>
        </Form>
      )}
    </Ask>
  );
}

function Decide({ card, done }: { card: Card; done: () => void }) {
  const [decision, setDecision] = useState<"grant" | "refuse">("grant");
  const reasons = REASONS[decision === "grant" ? "approve" : "refuse"];
  return (
    <Ask button={say("decide")} title={`${say("preauthorisation")} ${card.number}`} small>
      {(close) => (
        <Form
          button={say("save")}
          submit={async (given, key) => {
            const granted = decision === "grant" ? allowanceOf(given) : null;
            await post(
              "/preauthorisations/decide",
              {
                preauthorisation_id: card.id,
                decision,
                reason: given.reason as (typeof reasons)[number],
                note: given.note ?? "",
                granted,
                valid_until: (decision === "grant" && given.until) || null,
              },
              key,
            );
            close();
            done();
          }}
        >
          <fieldset class="segments">
            <legend class="unseen">{say("decision")}</legend>
            {(["grant", "refuse"] as const).map((one) => (
              <label key={one}>
                <input type="radio" name="decision" checked={decision === one} onChange={() => setDecision(one)} />
                <span>{word("pre.do", one)}</span>
              </label>
            ))}
          </fieldset>
          {decision === "grant" && <AllowanceFields of={card.asked as Allowance} />}
          <Field label={say("reason")}>
            {(id) => (
              <select id={id} name="reason" key={decision}>
                {reasons.map((one) => (
                  <option key={one} value={one}>
                    {word("reason", one)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {decision === "grant" && (
            <Field label={say("valid.until.label")}>{(id) => <input id={id} name="until" type="date" />}</Field>
          )}
          <Field label={say("note")}>{(id) => <input id={id} name="note" maxLength={500} />}</Field>
        </Form>
      )}
    </Ask>
  );
}
