/** Paying what was granted: a manager marks claims, sees the sums of each partner, and pays them in one batch. */

import { useState } from "preact/hooks";
import { type Done, get, post, type Shape } from "../core/api";
import { usePages } from "../core/loading";
import { PAID_AT_ONCE_MAX, sumsOf } from "../core/paying";
import { hashOf, place } from "../core/router";
import { AskForm } from "../parts/ask";
import { ClaimState } from "../parts/claims";
import { Choice } from "../parts/filters";
import { choices, partnerName, partners } from "../parts/names";
import { tell } from "../parts/notice";
import { Listed } from "../parts/states";
import { Table } from "../parts/table";
import { day, moment, money, number } from "../words/format";
import { say, word } from "../words/words";

type Card = Shape<"PayableCard">;
type Unpaid = Shape<"ClaimPaid"> & { number: number | undefined };

export function Payments() {
  const { partner = "" } = place.value.filters;
  const pages = usePages(
    (cursor) => get("/claims/payable", { cursor, limit: 200, partner_id: partner || null }),
    [partner],
  );
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [left, setLeft] = useState<Unpaid[]>([]);
  const shown = pages.data ?? [];
  const ready = shown.filter((one) => !one.waits);
  const chosen = ready.filter((one) => marked.has(one.id)).slice(0, PAID_AT_ONCE_MAX);
  const mark = (ids: readonly string[], isOn: boolean) => {
    const others = [...marked].filter((id) => !ids.includes(id));
    setMarked(new Set(isOn ? [...others, ...ids] : others));
  };
  const paid = ({ claims }: Done<"/claims/pay">) => {
    const numbers = new Map(chosen.map((one) => [one.id, one.number]));
    setLeft(claims.filter((one) => one.outcome !== "paid").map((one) => ({ ...one, number: numbers.get(one.id) })));
    tell(say("pay.done", { n: claims.filter((one) => one.outcome === "paid").length }));
    setMarked(new Set());
    pages.again();
  };
  return (
    <>
      <h1>{say("payments")}</h1>
      <div class="tools">
        <Choice name="partner" label={say("partner")} options={choices(partners.value)} />
        <button
          type="button"
          class="plain"
          disabled={!ready.length}
          onClick={() =>
            mark(
              ready.map((one) => one.id),
              chosen.length < ready.length,
            )
          }
        >
          {say(chosen.length < ready.length || !ready.length ? "pay.mark" : "pay.unmark")}
        </button>
        {chosen.length > 0 && (
          <AskForm
            button={say("pay.look", { n: chosen.length })}
            does={say("pay.do", { n: chosen.length })}
            submit={(_, key) => post("/claims/pay", { claim_ids: chosen.map((one) => one.id) }, key)}
            done={paid}
          >
            <Sums of={chosen} />
            <p>{say("pay.sure")}</p>
          </AskForm>
        )}
      </div>
      {left.length > 0 && <Left of={left} />}
      <Listed of={pages} none={say("payments.none")}>
        {(rows) => (
          <Table
            caption={say("payments")}
            rows={rows}
            keyOf={(claim) => claim.id}
            columns={[
              {
                head: say("pay.marked"),
                cell: (claim) => (
                  <input
                    type="checkbox"
                    aria-label={say("claim.title", { number: claim.number })}
                    checked={marked.has(claim.id) && !claim.waits}
                    disabled={Boolean(claim.waits)}
                    onChange={(event) => mark([claim.id], event.currentTarget.checked)}
                  />
                ),
              },
              {
                head: say("number"),
                lead: true,
                cell: (claim) => <a href={hashOf("claim", claim.id)}>{claim.number}</a>,
              },
              { head: say("partner"), cell: (claim) => partnerName(claim.partner_id) },
              {
                head: say("state"),
                cell: (claim) => (
                  <>
                    <ClaimState state={claim.state} />{" "}
                    {claim.waits && <span class="soft">{word("pay", claim.waits)}</span>}
                  </>
                ),
              },
              { head: say("repaired"), cell: (claim) => day(claim.repaired_on) },
              { head: say("submitted"), cell: (claim) => moment(claim.submitted_at) },
              { head: say("approved"), number: true, cell: (claim) => money(claim.approved_minor, claim.currency) },
            ]}
          />
        )}
      </Listed>
    </>
  );
}

/** What each partner gets, one line a currency. */
function Sums({ of }: { of: readonly Card[] }) {
  return (
    <Table
      caption={say("pay.sums")}
      rows={sumsOf(of)}
      keyOf={(sum) => `${sum.partner_id}${sum.currency}`}
      columns={[
        { head: say("partner"), lead: true, cell: (sum) => partnerName(sum.partner_id) },
        { head: say("claims"), number: true, cell: (sum) => number(sum.claims) },
        { head: say("amount"), number: true, cell: (sum) => money(sum.minor, sum.currency) },
      ]}
    />
  );
}

/** What could not be paid after all: something happened to it between the list and the payment. */
function Left({ of }: { of: readonly Unpaid[] }) {
  return (
    <div class="error" role="alert">
      {say("pay.left")}
      <ul>
        {of.map((one) => (
          <li key={one.id}>
            <a href={hashOf("claim", one.id)}>{one.number}</a> {word("pay", one.outcome)}
          </li>
        ))}
      </ul>
    </div>
  );
}
