/** The queue: claims that wait for a person. */

import { get, type Shape } from "../core/api";
import { usePages } from "../core/loading";
import { hashOf } from "../core/router";
import { waited } from "../parts/claims";
import { partnerName } from "../parts/names";
import { Listed } from "../parts/states";
import { type Column, Table } from "../parts/table";
import { moment, money } from "../words/format";
import { say, word } from "../words/words";

type Card = Shape<"ClaimCard">;

export function Review() {
  const pages = usePages((cursor) => get("/claims", { state: "in_review", cursor, limit: 50 }), []);
  const columns: Column<Card>[] = [
    { head: say("number"), lead: true, cell: (claim) => <a href={hashOf("claim", claim.id)}>{claim.number}</a> },
    { head: say("asked"), number: true, cell: (claim) => money(claim.asked_minor, claim.currency) },
    { head: say("age"), number: true, cell: (claim) => waited(claim.submitted_at) },
    { head: say("partner"), cell: (claim) => partnerName(claim.partner_id) },
    { head: say("submitted"), cell: (claim) => moment(claim.submitted_at) },
    { head: say("reasons"), cell: (claim) => claim.reasons.map((code) => word("reason", code)).join(" ") },
  ];
  return (
    <>
      <h1>{say("review")}</h1>
      <Listed of={pages} none={say("review.none")}>
        {(rows) => <Table caption={say("review")} columns={columns} rows={rows} keyOf={(claim) => claim.id} />}
      </Listed>
    </>
  );
}
