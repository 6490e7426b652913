/** One claim: for its partner's office what it was told, for our office everything it was decided from. */

import { type Got, get } from "../core/api";
import { useLoad } from "../core/loading";
import { hashOf } from "../core/router";
import { is, MANAGING, OFFICE, PARTNER, REVIEWING } from "../core/session";
import { ClaimState, Reasons } from "../parts/claims";
import { partnerName } from "../parts/names";
import { tell } from "../parts/notice";
import { Empty, Loaded } from "../parts/states";
import { Table } from "../parts/table";
import { day, moment, money, number } from "../words/format";
import { say, word } from "../words/words";
import { AskedOf, Decide, lineName } from "./decide";
import { RulesOfClaim } from "./rules-of-claim";

type Detail = Got<"/claims/{id}">;

const WAITING = ["in_review"];

export function Claim({ id }: { id: string }) {
  const load = useLoad(() => get("/claims/{id}", null, { id }), [id]);
  const mayDecide = is([...REVIEWING, ...MANAGING]);
  const done = (told: string) => {
    load.again();
    tell(told);
  };
  return (
    <>
      <p class="back">
        {is(PARTNER) ? (
          <a href={hashOf("claims")}>{say("backToClaims")}</a>
        ) : (
          <a href={hashOf("review")}>{say("backToQueue")}</a>
        )}
      </p>
      <Loaded of={load}>
        {(detail) => {
          const lines = detail.lines ?? [];
          const waiting = lines.filter((line) => WAITING.includes(line.state));
          return (
            <>
              <div class="between">
                <h1>{say("claim.title", { number: detail.claim.number })}</h1>
                <ClaimState state={detail.claim.state} />
              </div>
              <Head detail={detail} />
              {mayDecide && waiting.length > 0 && (
                <Decide claimId={id} number={detail.claim.number} lines={waiting} done={done} />
              )}
              <Lines detail={detail} />
              {is(OFFICE) && <RulesOfClaim id={id} />}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function Head({ detail }: { detail: Detail }) {
  const { claim, facts } = detail;
  const pairs: [string, unknown][] = [
    [say("asked"), money(claim.asked_minor, claim.currency)],
    [say("approved"), money(claim.approved_minor, claim.currency)],
    [say("partner"), partnerName(claim.partner_id)],
    [say("repaired"), day(claim.repaired_on)],
    [say("submitted"), moment(claim.submitted_at)],
    ...(facts
      ? ([
          [say("failed"), day(facts.failed_on)],
          [say("reported"), facts.reported_on ? day(facts.reported_on) : "–"],
          [say("cover"), word("cover", facts.coverage.source)],
          [say("payable"), say(claim.payable ? "yes" : "no")],
        ] as [string, unknown][])
      : []),
  ];
  return (
    <section class="card">
      <dl class="facts">
        {pairs.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value as string}</dd>
          </div>
        ))}
      </dl>
      {claim.reasons.length > 0 && <Reasons codes={claim.reasons} />}
    </section>
  );
}

function Lines({ detail }: { detail: Detail }) {
  const lines = detail.lines ?? [];
  return (
    <section aria-labelledby="lines">
      <h2 id="lines">{say("lines")}</h2>
      {lines.length === 0 ? (
        <Empty>{say("lines.none")}</Empty>
      ) : (
        <Table
          caption={say("lines")}
          rows={lines}
          keyOf={(line) => line.id}
          columns={[
            { head: say("line"), cell: lineName, lead: true },
            { head: say("state"), cell: (line) => <ClaimState state={line.state} /> },
            { head: say("minutes"), number: true, cell: (line) => number(line.minutes) },
            { head: say("quantity"), number: true, cell: (line) => number(line.quantity) },
            { head: say("asked"), number: true, cell: (line) => <AskedOf line={line} /> },
            { head: say("approved"), number: true, cell: (line) => money(line.approved_minor, line.currency) },
          ]}
        />
      )}
    </section>
  );
}
