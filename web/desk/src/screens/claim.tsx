/** One claim: for its partner's office what it was told, for our office everything it was decided from. */

import { type Got, get, Refused } from "../core/api";
import { useLoad } from "../core/loading";
import { go, hashOf } from "../core/router";
import { is, MANAGING, OFFICE, PARTNER, REVIEWING } from "../core/session";
import { AskedOf, ClaimState, lineName, Outcome, Reasons } from "../parts/claims";
import { partnerName } from "../parts/names";
import { goTelling, tell } from "../parts/notice";
import { JobHead } from "../parts/sheet";
import { Empty, Loaded } from "../parts/states";
import { Table } from "../parts/table";
import { day, moment, money } from "../words/format";
import { say, whyOf, word } from "../words/words";
import { Decide } from "./decide";
import { Evidence } from "./evidence";
import { Photos } from "./photos";
import { AnswerLine, AppealLine, Withdraw } from "./replies";
import { RulesOfClaim } from "./rules-of-claim";

type Detail = Got<"/claims/{id}">;
type Job = Got<"/jobs/{id}">["job"];
type Line = NonNullable<Detail["lines"]>[number];

const ORDER = ["fault", "labour", "travel", "part", "expense"];

export function Claim({ id }: { id: string }) {
  const load = useLoad(async () => {
    const detail = await get("/claims/{id}", null, { id });
    return { detail, job: await jobOf(detail.claim.job_id) };
  }, [id]);
  const done = (told: string) => {
    load.again();
    tell(told);
  };
  return (
    <>
      {is([...REVIEWING, ...MANAGING]) ? (
        <p class="back row">
          <a href={hashOf("review")}>{say("backToQueue")}</a>
          <button type="button" class="link" onClick={() => nextAfter(id).catch((error) => tell(whyOf(error)))}>
            {say("review.next")}
          </button>
        </p>
      ) : (
        <p class="back">
          <a href={hashOf("claims")}>{say("backToClaims")}</a>
        </p>
      )}
      <Loaded of={load}>{(read) => <Whole {...read} done={done} />}</Loaded>
    </>
  );
}

/** Goes to the claim behind this one in the queue, to its first when this one left it. */
async function nextAfter(id: string): Promise<void> {
  const { items } = await get("/claims/queue", { limit: 50 });
  const next = items[items.findIndex((one) => one.id === id) + 1] ?? items[0];
  if (next && next.id !== id) go("claim", next.id);
  else goTelling(say("review.none.other"), "review");
}

/** The job that was claimed; a partner's office no longer sees one that went to another partner. */
async function jobOf(id: string): Promise<Job | null> {
  try {
    return (await get("/jobs/{id}", null, { id })).job;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

function Whole({ detail, job, done }: { detail: Detail; job: Job | null; done: (told: string) => void }) {
  const { claim } = detail;
  const lines = [...(detail.lines ?? [])].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const decidable = is([...REVIEWING, ...MANAGING]) ? lines.filter((line) => line.state === "in_review") : [];
  const others = lines.filter((line) => !decidable.includes(line));
  return (
    <>
      <div class="between">
        <h1>{say("claim.title", { number: claim.number })}</h1>
        <span>
          {claim.needs_second && <span class="soft">{say("proposed")} </span>}
          {claim.appealed && <span class="soft">{say("appealed")} </span>}
          <a href={hashOf("report", claim.visit_id)}>{say("report")}</a> <ClaimState state={claim.state} />
        </span>
      </div>
      {job && <JobHead job={job} hasMachine />}
      <Head detail={detail} />
      {decidable.length > 0 && <Decide claimId={claim.id} number={claim.number} lines={decidable} done={done} />}
      {(others.length > 0 || lines.length === 0) && <Lines detail={detail} lines={others} done={done} />}
      <Said detail={detail} lines={lines} />
      {is(PARTNER) && !["paid", "withdrawn", "refused"].includes(claim.state) && (
        <Withdraw claimId={claim.id} done={done} />
      )}
      {is(OFFICE) && (
        <>
          <Photos claimId={claim.id} />
          <Evidence claimId={claim.id} />
          <RulesOfClaim id={claim.id} />
        </>
      )}
    </>
  );
}

/** Where the cover comes from: a contract by its number, the warranty of a model, or nowhere. */
function coverName(source: string): string {
  const [kind = "", of = ""] = source.split(":");
  return `${word("cover", kind)} ${of}`;
}

function Head({ detail }: { detail: Detail }) {
  const { claim, facts } = detail;
  const pairs: [string, string | false | null | undefined][] = [
    [say("asked"), money(claim.asked_minor, claim.currency)],
    [say("approved"), money(claim.approved_minor, claim.currency)],
    [say("partner"), partnerName(claim.partner_id)],
    [say("repaired"), day(claim.repaired_on)],
    [say("submitted"), moment(claim.submitted_at)],
    [say("answer.by"), claim.answer_by && day(claim.answer_by)],
    [say("paid.at"), claim.paid_at && moment(claim.paid_at)],
    [say("failed"), facts && day(facts.failed_on)],
    [say("reported"), facts?.reported_on && day(facts.reported_on)],
    [say("cover"), facts && coverName(facts.coverage.source)],
    [say("payable"), facts && say(claim.payable ? "yes" : "no")],
  ];
  return (
    <section class="card">
      <dl class="facts">
        {pairs.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
        {claim.lane && (
          <div>
            <dt>{say("lane")}</dt>
            <dd>
              <Outcome group="lane" code={claim.lane} />
            </dd>
          </div>
        )}
      </dl>
      {claim.reasons.length > 0 && <Reasons codes={claim.reasons} />}
    </section>
  );
}

function Lines({ detail, lines, done }: { detail: Detail; lines: readonly Line[]; done: (told: string) => void }) {
  const mayAppeal = is(PARTNER) && !["paid", "withdrawn"].includes(detail.claim.state);
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
            {
              head: say("state"),
              cell: (line) => (
                <>
                  <ClaimState state={line.state} /> {line.on_hold && <span class="soft">{say("onHold")}</span>}{" "}
                  {line.struck && <span class="soft">{say("struck.claimed")}</span>}
                </>
              ),
            },
            { head: say("asked"), number: true, cell: (line) => <AskedOf line={line} /> },
            { head: say("approved"), number: true, cell: (line) => money(line.approved_minor, line.currency) },
            { head: say("reason"), cell: (line) => (line.reason ? word("reason", line.reason) : "") },
            {
              head: "",
              cell: (line) =>
                is(PARTNER) && (
                  <div class="row">
                    {line.state === "sent_back" && <AnswerLine claimId={detail.claim.id} line={line} done={done} />}
                    {mayAppeal && line.state === "refused" && !line.appealed && (
                      <AppealLine claimId={detail.claim.id} line={line} done={done} />
                    )}
                  </div>
                ),
            },
          ]}
        />
      )}
    </section>
  );
}

/** What people decided and what the partner replied, the latest last. */
function Said({ detail, lines }: { detail: Detail; lines: readonly Line[] }) {
  const nameOf = (id: string | null) => {
    const line = lines.find((one) => one.id === id);
    return line ? lineName(line) : "";
  };
  const said = [
    ...(detail.decisions ?? []).map((one) => ({
      id: one.id,
      at: one.decided_at,
      text: [
        nameOf(one.line_id),
        word("decided", one.decision),
        word("reason", one.reason),
        one.note,
        one.proposed && say("proposed"),
      ],
    })),
    ...(detail.replies ?? []).map((one) => ({
      id: one.id,
      at: one.replied_at,
      text: [nameOf(one.line_id), word("reply", one.kind), one.note],
    })),
  ].sort((a, b) => a.at.localeCompare(b.at));
  if (!said.length) return null;
  return (
    <section class="card" aria-labelledby="said">
      <h2 id="said">{say("said")}</h2>
      <ul class="lines">
        {said.map((one) => (
          <li key={one.id}>
            <span class="soft">{moment(one.at)}</span> {one.text.filter(Boolean).join(" · ")}
          </li>
        ))}
      </ul>
    </section>
  );
}
