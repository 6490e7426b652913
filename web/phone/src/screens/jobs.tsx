/** Today's and coming jobs: where to be, when, and what has not reached the office yet. */

import { useEffect, useState } from "preact/hooks";
import { dayAt } from "../core/lines";
import { jobs, session, sync } from "../core/store";
import type { JobView } from "../core/views";
import { byDay, type Group, promised } from "../parts/days";
import { Screen } from "../parts/frame";
import { Icon } from "../parts/icons";
import { isSeen } from "../parts/seen";
import { addressOf } from "../router";
import { updateReady } from "../update";
import { dayAndMonth, longDay, span } from "../words/format";
import { named, say, word } from "../words/words";

/** The page may stay open over midnight. */
const TURN_MS = 60_000;

export function JobsScreen() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TURN_MS);
    return () => clearInterval(timer);
  }, []);
  const groups = byDay(jobs.value, now);
  const done = groups.find((group) => group.heading === "done");
  const open = groups.filter((group) => group !== done);
  return (
    <Screen title={say("jobs.title")}>
      {updateReady.value && (
        <a class="notice" data-tone="wait" href="#/settings">
          {say("update.ready")}
        </a>
      )}
      {session.value && !open.length && <Nothing />}
      {open.map((group) => (
        <section key={group.heading + group.day} class="day">
          <h2 data-heading={group.heading}>{headingOf(group)}</h2>
          <ul class="jobs">
            {group.jobs.map((job) => (
              <JobCard key={job.id} job={job} isDayTold={group.day !== ""} />
            ))}
          </ul>
        </section>
      ))}
      {done && (
        <details class="day">
          <summary>{say("day.done", { n: done.jobs.length })}</summary>
          <ul class="jobs">
            {done.jobs.map((job) => (
              <JobCard key={job.id} job={job} isDayTold={false} />
            ))}
          </ul>
        </details>
      )}
    </Screen>
  );
}

function headingOf({ heading, day }: Group): string {
  if (heading === "day") return longDay(day);
  const name = heading === "done" ? "" : say(`day.${heading}`);
  return day ? `${name} · ${longDay(day)}` : name;
}

function Nothing() {
  const { lastSyncAt, online } = sync.value;
  const key = lastSyncAt ? "jobs.none" : online ? "jobs.coming" : "jobs.never";
  return (
    <section class="card empty" role="status">
      <Icon name="jobs" />
      <p>{say(key)}</p>
    </section>
  );
}

function JobCard({ job, isDayTold }: { job: JobView; isDayTold: boolean }) {
  const slot = promised(job);
  const visit = slot?.visit;
  const state = visit && job.state === "in_progress" ? visit.state : job.state;
  const conflicts = job.conflicts.filter((item) => !isSeen(item.op)).length;
  return (
    <li>
      <a class="card job" href={addressOf({ at: "job", id: job.id })}>
        <div class="row">
          <strong class="slot">{slotWords(job, isDayTold)}</strong>
          <span class="chip" data-state={state}>
            {word("state", state)}
          </span>
        </div>
        <p class="who">{job.customer.name}</p>
        <p class="what">{job.subject}</p>
        <p class="soft">{[job.site.name, job.site.address, job.site.city].filter(Boolean).join(", ")}</p>
        {job.unit && (
          <p class="soft">
            {named({ name: job.unit.model_name, name_zh: job.unit.model_name_zh })}{" "}
            <span class="serial">{job.unit.serial}</span>
          </p>
        )}
        <p class="badges">
          <span class="badge">{word("kind", job.kind)}</span>
          {job.priority <= 2 && job.state !== "completed" && (
            <span class="badge" data-tone="bad">
              {say("urgent")}
            </span>
          )}
          {["vip", "key"].includes(job.customer.customer_class) && (
            <span class="badge">{word("class", job.customer.customer_class)}</span>
          )}
          {job.unsent > 0 && (
            <span class="badge" data-tone="wait">
              {say("sync.unsent", { n: job.unsent })}
            </span>
          )}
          {conflicts > 0 && (
            <span class="badge" data-tone="warn">
              {say("job.conflicts", { n: conflicts })}
            </span>
          )}
          <span class="number">{job.number}</span>
        </p>
      </a>
    </li>
  );
}

function slotWords(job: JobView, isDayTold: boolean): string {
  const slot = promised(job);
  if (!slot) return say("slot.unknown");
  if (!slot.visit) return say("slot.none");
  const zone = job.site.time_zone;
  const times = span(slot.from, slot.to, zone);
  return isDayTold ? times : `${dayAndMonth(dayAt(slot.from, zone))} ${times}`;
}
