/** Jobs by the day on which somebody is expected, as the site counts days. Pure. */

import { dayAt } from "../core/lines";
import type { JobView, VisitView } from "../core/views";

export interface Promised {
  /** The visit that holds the slot; null where the office only knows when the customer needs somebody. */
  visit: VisitView | null;
  from: string;
  to: string;
}

const OVER = ["completed", "abandoned"];

/** The visit a technician would open now: the one under way, else the next one, else the last one. */
export function visitToOpen(job: { visits: VisitView[] }): VisitView | undefined {
  const open = job.visits.filter((visit) => !OVER.includes(visit.state));
  return open.find((visit) => visit.state !== "planned") ?? open[0] ?? job.visits.at(-1);
}

/** When the customer expects somebody. */
export function promised(job: JobView): Promised | null {
  const visit = visitToOpen(job);
  if (visit && !(visit.state === "abandoned" && job.state !== "completed")) {
    return { visit, from: visit.planned_from, to: visit.planned_to };
  }
  if (job.required_from && job.required_to) return { visit: null, from: job.required_from, to: job.required_to };
  return null;
}

export type Heading = "under-way" | "earlier" | "today" | "tomorrow" | "day" | "no-day" | "done";

export interface Group {
  heading: Heading;
  /** Calendar day; empty where the heading says it all. */
  day: string;
  jobs: JobView[];
}

const ORDER: Heading[] = ["under-way", "earlier", "today", "tomorrow", "day", "no-day", "done"];

/** Groups jobs: where the technician is now, what is late, today, tomorrow, each later day, and what is done. */
export function byDay(jobs: readonly JobView[], now: number): Group[] {
  const groups = new Map<string, Group>();
  for (const job of jobs) {
    const place = placeOf(job, now);
    const key = `${ORDER.indexOf(place.heading)} ${place.day}`;
    const group = groups.get(key) ?? { ...place, jobs: [] };
    group.jobs.push(job);
    groups.set(key, group);
  }
  for (const group of groups.values()) {
    group.jobs.sort(
      (one, other) =>
        startOf(one).localeCompare(startOf(other)) || one.priority - other.priority || one.number - other.number,
    );
    if (group.heading === "done") group.jobs.reverse();
  }
  return [...groups.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group);
}

function startOf(job: JobView): string {
  const from = promised(job)?.from;
  return from ? new Date(from).toISOString() : "9";
}

function placeOf(job: JobView, now: number): { heading: Heading; day: string } {
  if (job.state === "completed" || job.state === "cancelled") return { heading: "done", day: "" };
  const slot = promised(job);
  if (slot?.visit && slot.visit.state !== "planned" && !OVER.includes(slot.visit.state)) {
    return { heading: "under-way", day: "" };
  }
  if (!slot) return { heading: "no-day", day: "" };
  const zone = job.site.time_zone;
  const day = dayAt(slot.from, zone);
  const today = dayAt(new Date(now).toISOString(), zone);
  if (day === today) return { heading: "today", day };
  // What the customer may still be waiting for all week is not late while its window is open.
  if (day < today)
    return dayAt(slot.to, zone) >= today ? { heading: "today", day: today } : { heading: "earlier", day: "" };
  if (day === dayAfter(today)) return { heading: "tomorrow", day };
  return { heading: "day", day };
}

export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
