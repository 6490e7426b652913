/** Leave to claim more than the rules let pass: partners ask before the work, reviewers grant or refuse. */

import { useState } from "preact/hooks";
import { typedAmount } from "../../../common/money";
import { type Allowance, allowanceOf } from "../core/allowance";
import { get, post, type Shape } from "../core/api";
import { REASONS } from "../core/deciding";
import { usePages } from "../core/loading";
import { place } from "../core/router";
import { is, me, PARTNER, REVIEWING } from "../core/session";
import { AskForm } from "../parts/ask";
import { StateChoice } from "../parts/filters";
import { Field, type Given, Segments, Select } from "../parts/form";
import { currencyOf, partnerColumn } from "../parts/names";
import { Listed, State } from "../parts/states";
import { type Column, Table } from "../parts/table";
import { day, minutes, moment, money, number } from "../words/format";
import { say, word } from "../words/words";

type Card = Shape<"PreauthorisationCard">;

const STATES = ["requested", "granted", "refused"] as const;
const DECISIONS = ["grant", "refuse"] as const;
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
    ...partnerColumn<Card>(),
    { head: say("asked.for"), cell: (one) => <Allowed of={one.asked as Allowance} by={one.partner_id} /> },
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
          {one.granted && <Allowed of={one.granted as Allowance} by={one.partner_id} />}
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
        <StateChoice states={STATES} group="pre" />
        {is(PARTNER) && <Request done={pages.again} />}
      </div>
      <Listed of={pages} none={say("preauthorisations.none")}>
        {(rows) => <Table caption={say("preauthorisations")} columns={columns} rows={rows} keyOf={(one) => one.id} />}
      </Listed>
    </>
  );
}

function Allowed({ of, by }: { of: Allowance; by: string }) {
  return (
    <ul>
      {of.labour_minutes != null && <li>{`${word("line", "labour")}: ${minutes(of.labour_minutes)}`}</li>}
      {(of.parts ?? []).map((part) => (
        <li key={part.number}>{`${part.number} × ${number(part.quantity)}`}</li>
      ))}
      {of.amount_minor != null && <li>{`${word("line", "expense")}: ${money(of.amount_minor, currencyOf(by))}`}</li>}
      {of.goodwill && <li>{word("reason", "goodwill")}</li>}
      {of.repeat_trip && <li>{say("repeat.trip")}</li>}
    </ul>
  );
}

/** The fields of what is allowed, filled with what is asked for. */
function AllowanceFields({ of, currency }: { of?: Allowance; currency: string }) {
  return (
    <>
      <div class="fields">
        <Field label={say("labour.minutes")}>
          {(id) => (
            <input id={id} name="minutes" type="number" min={1} max={1440} defaultValue={of?.labour_minutes ?? ""} />
          )}
        </Field>
        <Field label={`${say("expenses.money")} ${currency}`}>
          {(id) => (
            <input
              id={id}
              name="amount"
              inputMode="decimal"
              defaultValue={of?.amount_minor == null ? "" : typedAmount(of.amount_minor, currency)}
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

function allowed(given: Given, currency: string): Allowance {
  const found = allowanceOf(given, currency);
  if (found === null) throw new Error(`${say("amount")}: ${given.amount} ${currency}`);
  return found;
}

/** The partner's job of this number, wherever in the list it stands. */
async function jobOf(number: string) {
  let cursor = "";
  do {
    const page = await get("/jobs", { limit: 200, cursor });
    const job = page.items.find((one) => String(one.number) === number);
    if (job) return job;
    cursor = page.next ?? "";
  } while (cursor);
  throw new Error(say("job.unknown"));
}

function Request({ done }: { done: () => void }) {
  const currency = currencyOf(me.value?.partner_id);
  return (
    <AskForm
      button={say("preauthorisation.ask")}
      submit={async (given, key) => {
        const asked = allowed(given, currency);
        const job = await jobOf(given.job?.trim() ?? "");
        return post("/preauthorisations", { job_id: job.id, asked, note: given.note ?? "" }, key);
      }}
      done={done}
    >
      <Field label={say("job.number")}>
        {(id) => <input id={id} name="job" required inputMode="numeric" maxLength={20} />}
      </Field>
      <AllowanceFields currency={currency} />
      <Field label={say("preauthorisation.why")}>
        {(id) => <textarea id={id} name="note" rows={2} required minLength={3} maxLength={500} />}
      </Field>
    </AskForm>
  );
}

function Decide({ card, done }: { card: Card; done: () => void }) {
  const [decision, setDecision] = useState<(typeof DECISIONS)[number]>("grant");
  const currency = currencyOf(card.partner_id);
  const reasons = REASONS[decision === "grant" ? "approve" : "refuse"];
  return (
    <AskForm
      button={say("decide")}
      title={`${say("preauthorisation")} ${card.number}`}
      does={say("save")}
      small
      submit={async (given, key) => {
        const granted = decision === "grant" ? allowed(given, currency) : null;
        return post(
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
      }}
      done={done}
    >
      <Segments
        label={say("decision")}
        options={DECISIONS.map((one) => [one, word("pre.do", one)])}
        value={decision}
        change={setDecision}
      />
      {decision === "grant" && <AllowanceFields of={card.asked as Allowance} currency={currency} />}
      <Field label={say("reason")}>
        {(id) => (
          <Select id={id} name="reason" key={decision} options={reasons.map((one) => [one, word("reason", one)])} />
        )}
      </Field>
      {decision === "grant" && (
        <Field label={say("valid.until.label")}>{(id) => <input id={id} name="until" type="date" />}</Field>
      )}
      <Field label={say("note")}>{(id) => <input id={id} name="note" maxLength={500} />}</Field>
    </AskForm>
  );
}
