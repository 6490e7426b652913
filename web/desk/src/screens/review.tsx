/** The queue: claims that wait for a person, what asks for most and looks riskiest first. */

import { get, type Shape } from "../core/api";
import { usePages } from "../core/loading";
import { hashOf, place } from "../core/router";
import { waited } from "../parts/claims";
import { Choice } from "../parts/filters";
import { choices, partners } from "../parts/names";
import { Listed, State } from "../parts/states";
import { type Column, Table } from "../parts/table";
import { day, money, number } from "../words/format";
import { say, word } from "../words/words";

type Card = Shape<"QueueCard">;

const KINDS = ["needs_second", "appealed", "overdue"] as const;
const MUCH_RISK = 100;

export function Review() {
  const { partner = "", only = "" } = place.value.filters;
  const pages = usePages(
    (cursor) =>
      get("/claims/queue", { cursor, limit: 50, partner_id: partner || null, ...(only ? { [only]: true } : {}) }),
    [partner, only],
  );
  const columns: Column<Card>[] = [
    { head: say("number"), lead: true, cell: (claim) => <a href={hashOf("claim", claim.id)}>{claim.number}</a> },
    { head: say("asked"), number: true, cell: (claim) => money(claim.asked_minor, claim.currency) },
    {
      head: say("risk"),
      number: true,
      cell: (claim) =>
        (claim.risk_points ?? 0) >= MUCH_RISK ? (
          <State tone="bad">{number(claim.risk_points)}</State>
        ) : (
          number(claim.risk_points)
        ),
    },
    { head: say("age"), number: true, cell: (claim) => waited(claim.submitted_at) },
    { head: say("partner"), cell: (claim) => claim.partner },
    {
      head: say("rule"),
      // None held it at first: its points did, after it was accepted.
      cell: (claim) => claim.rules.join(", ") || <span class="soft">{say("rule.after-check")}</span>,
    },
    {
      head: say("reasons"),
      cell: (claim) => (
        <>
          {claim.reasons.slice(0, 2).map((code) => (
            <div key={code}>{word("reason", code)}</div>
          ))}
        </>
      ),
    },
    {
      head: say("state"),
      cell: (claim) =>
        (claim.appealed || claim.needs_second || claim.answer_by) && (
          <>
            {claim.appealed && <State tone="warn">{say("appealed")}</State>}{" "}
            {claim.needs_second && <State tone="wait">{say("second.by", { who: claim.proposed_by ?? "" })}</State>}{" "}
            {claim.answer_by && <span class="soft">{`${say("answer.by")} ${day(claim.answer_by)}`}</span>}
          </>
        ),
    },
  ];
  return (
    <>
      <h1>{say("review")}</h1>
      <div class="tools">
        <Choice name="partner" label={say("partner")} options={choices(partners.value)} />
        <Choice name="only" label={say("shown")} options={KINDS.map((one) => [one, word("queue", one)])} />
      </div>
      <Listed of={pages} none={say("review.none")}>
        {(rows) => <Table caption={say("review")} columns={columns} rows={rows} keyOf={(claim) => claim.id} />}
      </Listed>
    </>
  );
}
