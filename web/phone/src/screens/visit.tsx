/** The job sheet of a visit: one large key for the next step, a clock that runs, and everything that was recorded. */

import { useEffect, useState } from "preact/hooks";
import { dayAt } from "../core/lines";
import { record } from "../core/store";
import type { VisitView } from "../core/views";
import { type Current, whereOf } from "../parts/current";
import { useSaving } from "../parts/form";
import { Screen, tell } from "../parts/frame";
import { Icon } from "../parts/icons";
import { ReachCustomer } from "../parts/reach-customer";
import { linesOf, Sheet } from "../parts/sheet";
import { LogTime, Timer } from "../parts/time-keeping";
import { type TimeKind, unlogged } from "../parts/timer";
import { Trouble } from "../parts/trouble";
import { AddMore, GiveUp, Menu, NEXT } from "../parts/visit-dialogs";
import { addressOf, go } from "../router";
import type { Step } from "../rules/moves";
import { release } from "../scanner/camera";
import { clock, longDay, span, when } from "../words/format";
import { named, say, word } from "../words/words";

const OVER = ["completed", "abandoned"];
const REST_MS = 700;

export function VisitScreen({ current }: { current: Current }) {
  const { job, visit } = current;
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [logging, setLogging] = useState<TimeKind | null>(null);
  const [isGivingUp, setGivingUp] = useState(false);
  const [isAdding, setAdding] = useState(false);
  const steps = useSteps(current, setLogging);
  const isOver = OVER.includes(visit.state);
  const isOnTheWay = visit.state === "planned" || visit.state === "travelling";
  const hasLines = linesOf(current).length > 0;
  useEffect(() => {
    if (isOver) release();
  }, [isOver]);
  return (
    <Screen
      title={say("visit.of", { number: visit.number, job: job.number })}
      up={{ at: "job", id: job.id }}
      corner={
        !isOver && (
          <button type="button" class="corner" aria-label={say("visit.more")} onClick={() => setMenuOpen(true)}>
            <Icon name="more" />
          </button>
        )
      }
      dock={<Dock current={current} steps={steps} add={() => setAdding(true)} />}
    >
      <section class="card lead">
        <p class="badges">
          <span class="chip" data-state={visit.state}>
            {word("state", visit.state)}
          </span>
          <span class="badge">{word("kind", job.kind)}</span>
        </p>
        <h2>{job.customer.name}</h2>
        <p>{job.subject}</p>
        {job.unit && (
          <p class="soft">
            {named({ name: job.unit.model_name, name_zh: job.unit.model_name_zh })}{" "}
            <span class="serial">{job.unit.serial}</span>
          </p>
        )}
      </section>
      {!isOver && <Timer visit={visit} log={setLogging} />}
      {isOnTheWay && <WayThere current={current} />}
      {isOver && <Outcome current={current} />}
      {visit.clock_uncertain && <Note flag="clock-uncertain" />}
      {visit.overlaps_actual && <Note flag="overlaps-actual" />}
      {hasLines ? (
        <Sheet current={current} editable={!isOver} />
      ) : (
        !isOver &&
        !isOnTheWay && (
          <section class="card empty">
            <Icon name="scan" />
            <p>{say("sheet.empty")}</p>
          </section>
        )
      )}
      {visit.steps.length > 0 && <Steps visit={visit} />}
      {isMenuOpen && (
        <Menu
          visit={visit}
          close={() => setMenuOpen(false)}
          take={(step) => {
            setMenuOpen(false);
            if (step === "abandon") setGivingUp(true);
            else void steps.take(step);
          }}
        />
      )}
      {isAdding && <AddMore visit={visit} close={() => setAdding(false)} />}
      {isGivingUp && <GiveUp current={current} close={() => setGivingUp(false)} />}
      {logging && <LogTime current={current} kind={logging} close={() => setLogging(null)} />}
    </Screen>
  );
}

/** What one needs before one is there: where, when, whom. */
function WayThere({ current }: { current: Current }) {
  const { job, visit } = current;
  const { site, contact } = job;
  return (
    <section class="card">
      <dl class="facts">
        <div>
          <dt>{say("slot.short")}</dt>
          <dd>
            {longDay(dayAt(visit.planned_from, site.time_zone))}
            <br />
            <strong>{span(visit.planned_from, visit.planned_to, site.time_zone)}</strong>
          </dd>
        </div>
        <div>
          <dt>{say("site")}</dt>
          <dd class="prose">{[site.name, site.address, site.city].filter(Boolean).join("\n")}</dd>
        </div>
        {contact && (
          <div>
            <dt>{say("contact")}</dt>
            <dd class="prose">{[contact.name, contact.phone].filter(Boolean).join("\n")}</dd>
          </div>
        )}
        {job.tools && (
          <div>
            <dt>{say("tools")}</dt>
            <dd>{job.tools}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

interface Steps {
  problem: string | null;
  isResting: boolean;
  take: (step: Step) => Promise<void>;
}

function useSteps(current: Current, log: (kind: TimeKind) => void): Steps {
  const saving = useSaving();
  const [isResting, setResting] = useState(false);
  const take = async (step: Step): Promise<void> => {
    const { visit } = current;
    if (step === "complete") {
      go({ at: "complete", visit: visit.id });
      return;
    }
    const body = { visit_id: visit.id, at: new Date().toISOString() };
    if (!(await saving.run(async () => void (await record(`visit.${step}`, body, whereOf(current)))))) return;
    tell(say(`told.${step}`));
    // The next step stands where this one stood: a second tap must not take it too.
    setResting(true);
    setTimeout(() => setResting(false), REST_MS);
    const travelEnds = (step === "arrive" || step === "start") && visit.state === "travelling";
    if (travelEnds && unlogged(visit, "travel", Date.now())) log("travel");
    if (step === "pause" && unlogged(visit, "labour", Date.now())) log("labour");
  };
  return { problem: saving.problem, isResting, take };
}

function Dock({ current, steps, add }: { current: Current; steps: Steps; add: () => void }) {
  const { job, visit } = current;
  const next = NEXT[visit.state];
  if (!next) {
    if (!visit.collection) return null;
    return (
      <div class="actions">
        <a class="button main" href={addressOf({ at: "code", visit: visit.id })}>
          {say("code.show")}
        </a>
      </div>
    );
  }
  const [first, second] = next;
  const isOnTheWay = visit.state === "planned" || visit.state === "travelling";
  return (
    <div class="actions">
      <Trouble text={steps.problem} />
      {isOnTheWay ? (
        <ReachCustomer job={job} />
      ) : (
        <div class="quick">
          {(["scan", "fault", "part", "photo"] as const).map((form) => (
            <a key={form} href={addressOf({ at: form, visit: visit.id })}>
              <Icon name={form} />
              {say(`quick.${form}`)}
            </a>
          ))}
          <button type="button" onClick={add}>
            <Icon name="plus" />
            {say("quick.more")}
          </button>
        </div>
      )}
      <div class="pair steps">
        {second && (
          <button type="button" class="plain" disabled={steps.isResting} onClick={() => void steps.take(second)}>
            {say(`step.${second}`)}
          </button>
        )}
        <button type="button" class="main step" disabled={steps.isResting} onClick={() => void steps.take(first)}>
          {say(`step.${first}`)}
        </button>
      </div>
    </div>
  );
}

function Outcome({ current }: { current: Current }) {
  const { visit } = current;
  if (visit.state === "abandoned") {
    const why = visit.abandoned_reason ?? "";
    return (
      <section class="card" data-tone="warn">
        <h2>{word("state", "abandoned")}</h2>
        <p>{word("abandoned", why)}</p>
      </section>
    );
  }
  const isPending = visit.pending.has(visit.id);
  return (
    <section class="card" data-tone="good">
      <h2>
        <Icon name="done" /> {visit.result ? word("result", visit.result) : word("state", "completed")}
      </h2>
      {visit.completed_at && <p>{when(visit.completed_at)}</p>}
      {visit.summary && <p class="prose">{visit.summary}</p>}
      <p>
        {visit.signed_by
          ? say("signed.by", { name: visit.signed_by })
          : visit.no_signature_reason
            ? say("signed.not", { reason: word("unsigned", visit.no_signature_reason) })
            : say("signed")}
      </p>
      {isPending && (
        <p class="pending">
          <Icon name="wait" /> {say("line.pending")}
        </p>
      )}
      {visit.photosWaiting > 0 && <p>{say("photos.pending", { n: visit.photosWaiting })}</p>}
    </section>
  );
}

function Note({ flag }: { flag: string }) {
  return (
    <p class="notice" data-tone="warn">
      {word("flag", flag)}
    </p>
  );
}

function Steps({ visit }: { visit: VisitView }) {
  return (
    <details class="card">
      <summary>{say("steps")}</summary>
      <ol class="steps-done">
        {visit.steps.map((step) => (
          <li key={`${step.step} ${step.at}`} data-past={step.superseded}>
            <span>{word("done", step.step)}</span>
            <span>{clock(step.at)}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
