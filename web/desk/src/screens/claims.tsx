/** The list of claims: a partner's office sees its own, our office all of them. */

import { get, type Shape } from "../core/api";
import { usePages } from "../core/loading";
import { hashOf, place } from "../core/router";
import { is, PARTNER } from "../core/session";
import { CLAIM_STATES, ClaimState, Outcome, Reasons } from "../parts/claims";
import { Choice, Search, StateChoice } from "../parts/filters";
import { partnerColumn } from "../parts/names";
import { Listed } from "../parts/states";
import { type Column, Table } from "../parts/table";
import { day, moment, money } from "../words/format";
import { say, word } from "../words/words";

type Card = Shape<"ClaimCard">;
type State = (typeof CLAIM_STATES)[number];

const LANES = ["accept", "review", "refuse"] as const;

export function Claims() {
  const isPartner = is(PARTNER);
  const { state = "", lane = "", number = "" } = place.value.filters;
  const pages = usePages(
    (cursor) =>
      get("/claims", {
        state: (state || null) as State | null,
        lane: (lane || null) as (typeof LANES)[number] | null,
        number: /^\d{1,15}$/.test(number) ? Number(number) : null,
        cursor,
        limit: 50,
      }),
    [state, lane, number],
  );
  const columns: Column<Card>[] = [
    { head: say("number"), cell: (claim) => <a href={hashOf("claim", claim.id)}>{claim.number}</a>, lead: true },
    { head: say("state"), cell: (claim) => <ClaimState state={claim.state} /> },
    ...partnerColumn<Card>(),
    { head: say("repaired"), unbroken: true, cell: (claim) => day(claim.repaired_on) },
    { head: say("submitted"), unbroken: true, cell: (claim) => moment(claim.submitted_at) },
    { head: say("asked"), number: true, cell: (claim) => money(claim.asked_minor, claim.currency) },
    { head: say("approved"), number: true, cell: (claim) => money(claim.approved_minor, claim.currency) },
    ...(isPartner
      ? []
      : [
          {
            head: say("lane"),
            cell: (claim: Card) => claim.lane && <Outcome group="lane" code={claim.lane} />,
          },
        ]),
    { head: say("reasons"), cell: (claim) => <Reasons codes={claim.reasons} /> },
  ];
  return (
    <>
      <h1>{say(isPartner ? "claims.mine" : "claims")}</h1>
      <div class="tools">
        <StateChoice states={CLAIM_STATES} group="state" />
        <Search name="number" label={say("number.find")} maxLength={15} numeric />
        {!isPartner && (
          <Choice name="lane" label={say("lane")} options={LANES.map((one) => [one, word("lane", one)])} />
        )}
      </div>
      <Listed of={pages} none={say("claims.none")}>
        {(rows) => <Table caption={say("claims")} columns={columns} rows={rows} keyOf={(claim) => claim.id} />}
      </Listed>
    </>
  );
}
