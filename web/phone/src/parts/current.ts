/** The visit that an address names, with its job. */

import { jobs } from "../core/store";
import type { JobView, VisitView } from "../core/views";

export interface Current {
  job: JobView;
  visit: VisitView;
}

export function jobOf(id: string): JobView | undefined {
  return jobs.value.find((job) => job.id === id);
}

export function visitOf(id: string): Current | undefined {
  for (const job of jobs.value) {
    const visit = job.visits.find((one) => one.id === id);
    if (visit) return { job, visit };
  }
  return undefined;
}

/** Where something on this visit is recorded. */
export function whereOf({ job, visit }: Current): { job: string; visit: string; base: number } {
  return { job: job.id, visit: visit.id, base: visit.version };
}

export function standing<T extends { voided_at: string | null }>(lines: readonly T[]): T[] {
  return lines.filter((line) => !line.voided_at);
}
