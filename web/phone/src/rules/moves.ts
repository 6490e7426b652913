/** What may happen to a visit; the table is that of the server (tests/vectors/visit_moves.json holds both to it). */

import type { VisitState } from "../core/wire";

export type Step = "travel" | "arrive" | "start" | "pause" | "resume" | "abandon" | "complete";

const PAST = "superseded";

const MOVES: Record<VisitState, Partial<Record<Step, VisitState | typeof PAST>>> = {
  planned: { travel: "travelling", arrive: "arrived", start: "working", abandon: "abandoned" },
  travelling: { travel: PAST, arrive: "arrived", start: "working", abandon: "abandoned" },
  arrived: { travel: PAST, arrive: PAST, start: "working", abandon: "abandoned", complete: "completed" },
  working: {
    travel: PAST,
    arrive: PAST,
    start: PAST,
    pause: "paused",
    resume: PAST,
    abandon: "abandoned",
    complete: "completed",
  },
  paused: {
    travel: PAST,
    arrive: PAST,
    start: PAST,
    pause: PAST,
    resume: "working",
    abandon: "abandoned",
    complete: "completed",
  },
  completed: { travel: PAST, arrive: PAST, start: PAST, pause: PAST, resume: PAST, complete: PAST },
  abandoned: { travel: PAST, arrive: PAST, start: PAST, pause: PAST, resume: PAST, abandon: PAST },
};

/** Decides what a step makes of a visit: its next state, `superseded` when already past, or `impossible`. */
export function nextState(state: VisitState, step: Step): VisitState | "superseded" | "impossible" {
  return MOVES[state][step] ?? "impossible";
}

/** The steps that would change this visit now: the buttons its screen shows. */
export function stepsFrom(state: VisitState): Step[] {
  return (Object.keys(MOVES[state]) as Step[]).filter((step) => MOVES[state][step] !== PAST);
}
