/** Old parts that must come back before their line is paid: received by the parts people, waived by a manager. */

import { get, post, type Shape } from "../core/api";
import { usePages } from "../core/loading";
import { hashOf, place } from "../core/router";
import { is, MANAGING } from "../core/session";
import { AskForm } from "../parts/ask";
import { Search, StateChoice } from "../parts/filters";
import { Field, ReasonField } from "../parts/form";
import { partnerColumn } from "../parts/names";
import { Listed, State } from "../parts/states";
import { type Column, Table } from "../parts/table";
import { moment, number } from "../words/format";
import { say, word } from "../words/words";

type Card = Shape<"CoreReturnCard">;

const STATES = ["expected", "received", "waived"] as const;
const TONES: Record<string, string> = { expected: "wait", received: "good" };

export function CoreReturns() {
  const { state = "", serial = "" } = place.value.filters;
  const pages = usePages(
    (cursor) =>
      get("/core-returns", { cursor, limit: 50, serial, state: (state || null) as (typeof STATES)[number] | null }),
    [state, serial],
  );
  const columns: Column<Card>[] = [
    {
      head: say("part.number"),
      lead: true,
      cell: (one) => `${one.part_number} × ${number(one.quantity)}`,
    },
    { head: say("serial"), cell: (one) => <span class="serial">{one.serial || "–"}</span> },
    { head: say("claim"), cell: (one) => <a href={hashOf("claim", one.claim_id)}>{one.claim_number}</a> },
    ...partnerColumn<Card>(),
    { head: say("core.since"), cell: (one) => moment(one.expected_at) },
    {
      head: say("state"),
      cell: (one) => (
        <>
          <State tone={one.matches === false ? "bad" : (TONES[one.state] ?? "")}>
            {one.matches === false ? say("core.other") : word("core", one.state)}
          </State>{" "}
          <span class="soft">
            {[one.received_at && moment(one.received_at), one.received_serial, one.waive_reason]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </>
      ),
    },
    { head: "", cell: (one) => <Settle one={one} done={pages.again} /> },
  ];
  return (
    <>
      <h1>{say("cores")}</h1>
      <div class="tools">
        <StateChoice states={STATES} group="core" />
        <Search name="serial" label={say("serial")} maxLength={60} />
      </div>
      <Listed of={pages} none={say("cores.none")}>
        {(rows) => <Table caption={say("cores")} columns={columns} rows={rows} keyOf={(one) => one.id} />}
      </Listed>
    </>
  );
}

function Settle({ one, done }: { one: Card; done: () => void }) {
  if (one.state === "waived" || (one.state === "received" && one.matches !== false)) return null;
  const core_return_id = one.id;
  return (
    <div class="row">
      {is(["admin", "parts_manager"]) && (
        <AskForm
          button={say("core.receive")}
          title={`${say("core.receive")}: ${one.part_number}`}
          plain
          small
          submit={({ serial = "", weight, note = "" }, key) => {
            const weight_grams = weight ? Number(weight) : null;
            return post("/core-returns/receive", { core_return_id, serial, weight_grams, note }, key);
          }}
          done={done}
        >
          <Field label={say("core.serial")}>
            {(id) => <input id={id} name="serial" required={one.serial !== ""} maxLength={60} />}
          </Field>
          <Field label={say("core.weight")}>{(id) => <input id={id} name="weight" type="number" min={1} />}</Field>
          <Field label={say("note")}>{(id) => <input id={id} name="note" maxLength={500} />}</Field>
        </AskForm>
      )}
      {is(MANAGING) && (
        <AskForm
          button={say("core.waive")}
          title={`${say("core.waive")}: ${one.part_number}`}
          plain
          small
          tone="bad"
          submit={({ reason = "" }, key) => post("/core-returns/waive", { core_return_id, reason }, key)}
          done={done}
        >
          <ReasonField />
        </AskForm>
      )}
    </div>
  );
}
