/** A job: what is wrong, where, whom to call, which machine, and what was done to it before. */

import { useState } from "preact/hooks";
import { dayAt } from "../core/lines";
import { outbox, record, session } from "../core/store";
import type { JobView } from "../core/views";
import type { PastVisit } from "../core/wire";
import { jobOf } from "../parts/current";
import { promised, visitToOpen } from "../parts/days";
import { useSaving } from "../parts/form";
import { Screen, tell } from "../parts/frame";
import { Icon } from "../parts/icons";
import { OutboxList } from "../parts/outbox-list";
import { ReachCustomer } from "../parts/reach-customer";
import { Trouble } from "../parts/trouble";
import { addressOf } from "../router";
import { longDay, shortDay, span } from "../words/format";
import { named, say, word } from "../words/words";
import { Gone } from "./gone";

export function JobScreen({ id }: { id: string }) {
  const job = jobOf(id);
  if (!job) return <Gone />;
  const { unit, coverage } = job;
  const isWaiting =
    job.state !== "completed" &&
    job.visits.every((visit) => visit.state === "abandoned" || visit.state === "completed");
  return (
    <Screen title={say("job.title", { number: job.number })} up={{ at: "jobs" }} dock={<Dock job={job} />}>
      <section class="card lead">
        <p class="badges">
          <span class="chip" data-state={job.state}>
            {word("state", job.state)}
          </span>
          <span class="badge">{word("kind", job.kind)}</span>
          {job.mode !== "on_site" && <span class="badge">{word("mode", job.mode)}</span>}
          {job.priority <= 2 && (
            <span class="badge" data-tone="bad">
              {say("urgent")}
            </span>
          )}
        </p>
        <h2>{job.subject}</h2>
        {job.problem && <p class="prose">{job.problem}</p>}
        <Slot job={job} />
      </section>
      {(job.reminder || job.tools) && (
        <section class="card" data-tone="warn">
          <dl class="facts">
            {job.reminder && <Fact name={say("reminder")} text={job.reminder} />}
            {job.tools && <Fact name={say("tools")} text={job.tools} />}
          </dl>
        </section>
      )}
      {job.conflicts.length > 0 && (
        <section class="card" aria-label={say("outbox.decide")}>
          <h2>{say("outbox.decide")}</h2>
          <OutboxList items={outbox.value.filter((item) => job.conflicts.some((one) => one.op === item.op))} plain />
        </section>
      )}
      <section class="card">
        <h2>{job.customer.name}</h2>
        {["vip", "key"].includes(job.customer.customer_class) && (
          <p class="badges">
            <span class="badge">{word("class", job.customer.customer_class)}</span>
          </p>
        )}
        <dl class="facts">
          {job.contact && (
            <Fact name={say("contact")} text={[job.contact.name, job.contact.phone].filter(Boolean).join("\n")} />
          )}
          <Fact name={say("site")} text={[job.site.name, job.site.address, job.site.city].filter(Boolean).join("\n")} />
        </dl>
      </section>
      {unit && (
        <section class="card">
          <h2>{named({ name: unit.model_name, name_zh: unit.model_name_zh })}</h2>
          <dl class="facts">
            <Fact name={say("serial")} text={unit.serial} isCode />
            <Fact name={say("model")} text={unit.model_code} isCode />
            {unit.name && <Fact name={say("unit.name")} text={unit.name} />}
            {unit.reference_number && <Fact name={say("unit.reference")} text={unit.reference_number} />}
            {unit.installed_on && <Fact name={say("unit.installed")} text={shortDay(unit.installed_on)} />}
          </dl>
          {coverage && <Cover coverage={coverage} />}
        </section>
      )}
      <section class="card">
        <h2>{say("history")}</h2>
        {job.history.length ? (
          <ul class="history">
            {job.history.map((past) => (
              <Past key={`${past.job_number} ${past.visited_on}`} past={past} />
            ))}
          </ul>
        ) : (
          <p class="soft">{say("history.none")}</p>
        )}
      </section>
      <section class="card">
        <h2>{say("visits")}</h2>
        <ul class="visits">
          {job.visits.map((visit) => (
            <li key={visit.id}>
              <a href={addressOf({ at: "visit", id: visit.id })}>
                <span>
                  <strong>{say("visit.title", { number: visit.number })}</strong>
                  <br />
                  {longDay(dayAt(visit.planned_from, job.site.time_zone))}
                </span>
                <span class="chip" data-state={visit.state}>
                  {word("state", visit.state)}
                </span>
              </a>
            </li>
          ))}
        </ul>
        {isWaiting && <p class="soft">{say("visits.none")}</p>}
      </section>
    </Screen>
  );
}

function Slot({ job }: { job: JobView }) {
  const slot = promised(job);
  if (!slot) return null;
  const zone = job.site.time_zone;
  const [first, last] = [dayAt(slot.from, zone), dayAt(slot.to, zone)];
  const times = span(slot.from, slot.to, zone);
  return (
    <p class="when">
      <Icon name="time" />
      <span>
        {slot.visit ? say("slot.promised") : say("slot.required")}
        <strong>{first === last ? `${longDay(first)} ${times}` : `${longDay(first)} – ${longDay(last)}`}</strong>
      </span>
    </p>
  );
}

function Fact({ name, text, isCode }: { name: string; text: string; isCode?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={isCode ? "serial" : "prose"}>{text}</dd>
    </div>
  );
}

function Cover({ coverage }: { coverage: NonNullable<JobView["coverage"]> }) {
  const key = ({ covered: "covered", not_covered: "not-covered", under_check: "under-check" } as const)[coverage.word];
  const tone = { covered: "good", not_covered: "bad", under_check: "wait" }[coverage.word];
  const pays = (["parts", "labour", "travel"] as const).filter((what) => coverage[what]);
  const isOurs = session.value?.partner === null;
  return (
    <div class="cover" data-tone={tone}>
      <Icon name={key === "covered" ? "done" : key === "not-covered" ? "cross" : "wait"} />
      <div>
        <strong>{say(`cover.${key}`)}</strong>
        {pays.length > 0 && <p>{pays.map((what) => say(`cover.${what}`)).join(say("comma"))}</p>}
        {coverage.until && <p>{say("cover.until", { day: shortDay(coverage.until) })}</p>}
        {key === "under-check" && !isOurs && <p>{say("cover.under-check.text")}</p>}
      </div>
    </div>
  );
}

function Past({ past }: { past: PastVisit }) {
  return (
    <li>
      <p>
        <strong>{shortDay(past.visited_on)}</strong> · {word("kind", past.kind)}
        {past.result && ` · ${word("result", past.result)}`}
      </p>
      {past.summary && <p>{past.summary}</p>}
      {past.faults && <p class="soft">{past.faults}</p>}
      {past.parts && <p class="soft">{past.parts}</p>}
      <p class="soft">{[past.technician, past.job_number].filter(Boolean).join(" · ")}</p>
    </li>
  );
}

function Dock({ job }: { job: JobView }) {
  const [pressed, setPressed] = useState(false);
  const saving = useSaving();
  const visit = visitToOpen(job);
  const accept = async (): Promise<void> => {
    setPressed(true);
    const done = await saving.run(
      async () => void (await record("job.accept", { job_id: job.id }, { job: job.id, base: job.version })),
    );
    if (done) tell(say("job.accepted"));
    else setPressed(false);
  };
  return (
    <div class="actions">
      <Trouble text={saving.problem} />
      <ReachCustomer job={job} />
      {job.state === "assigned" && !pressed && (
        <button type="button" class="main" onClick={accept}>
          {say("job.accept")}
        </button>
      )}
      {job.state !== "assigned" && visit && visit.state !== "abandoned" && (
        <a class="button main" href={addressOf({ at: "visit", id: visit.id })}>
          <Icon name="pen" /> {say("visit.open")}
        </a>
      )}
    </div>
  );
}
