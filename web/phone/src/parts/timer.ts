/** Travel and labour as the steps of a visit tell them; what of it is on the sheet, and what is not yet. Pure. */

import type { VisitRow } from "../core/wire";

export type TimeKind = "travel" | "labour";

export interface Stretch {
  from: number;
  /** Null while it runs. */
  to: number | null;
}

const BEGINS: Record<TimeKind, readonly string[]> = { travel: ["travel"], labour: ["start", "resume"] };
const ENDS: Record<TimeKind, readonly string[]> = {
  travel: ["arrive", "start", "abandon", "complete"],
  labour: ["pause", "abandon", "complete"],
};

type Steps = Pick<VisitRow, "steps">;

/** From when to when the technician was on the way, or at work, by the clock of the phone. */
export function stretches({ steps }: Steps, kind: TimeKind): Stretch[] {
  const found: Stretch[] = [];
  const moments = steps
    .filter((step) => !step.superseded)
    .map((step) => ({ step: step.step, at: Date.parse(step.client_at ?? step.at) }))
    .sort((one, other) => one.at - other.at);
  for (const { step, at } of moments) {
    const last = found.at(-1);
    if (BEGINS[kind].includes(step) && last?.to !== null) found.push({ from: at, to: null });
    else if (ENDS[kind].includes(step) && last?.to === null) last.to = at;
  }
  return found;
}

/** What runs now, if anything does. */
export function runningNow(visit: Steps): { kind: TimeKind; since: number; ms: (now: number) => number } | null {
  for (const kind of ["labour", "travel"] as const) {
    const all = stretches(visit, kind);
    const last = all.at(-1);
    if (last?.to === null) {
      const before = all.slice(0, -1).reduce((sum, { from, to }) => sum + (to ?? from) - from, 0);
      return { kind, since: last.from, ms: (now) => before + Math.max(0, now - last.from) };
    }
  }
  return null;
}

export interface Unlogged {
  kind: TimeKind;
  minutes: number;
  from: number;
  to: number;
}

/** Time of a kind after the last one on the sheet; null when there is less than half a minute of it. */
export function unlogged(visit: Pick<VisitRow, "steps" | "times">, kind: TimeKind, now: number): Unlogged | null {
  const logged = visit.times
    .filter((line) => line.kind === kind && !line.voided_at)
    .map((line) => Date.parse(line.ended_at ?? line.entered_at));
  const after = Math.max(0, ...logged);
  const left = stretches(visit, kind)
    .map(({ from, to }) => ({ from: Math.max(from, after), to: to ?? now }))
    .filter(({ from, to }) => to > from);
  const ms = left.reduce((sum, { from, to }) => sum + to - from, 0);
  const [first] = left;
  const last = left.at(-1);
  if (!first || !last || ms < 30_000) return null;
  return { kind, minutes: Math.min(1440, Math.max(1, Math.round(ms / 60_000))), from: first.from, to: last.to };
}
