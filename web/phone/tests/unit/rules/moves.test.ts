import { expect, it } from "vitest";
import type { VisitState } from "../../../src/core/wire";
import { nextState, type Step, stepsFrom } from "../../../src/rules/moves";
import { vectors } from "./vectors";

const MOVES = vectors<{ state: VisitState; step: Step; then: string }[]>("visit_moves");

it.each(MOVES)("a $step of a visit that is $state makes it $then", ({ state, step, then }) => {
  expect(nextState(state, step)).toBe(then);
});

it("offers just the steps that change the visit", () => {
  for (const state of new Set(MOVES.map((move) => move.state))) {
    const changing = MOVES.filter((move) => move.state === state && !["superseded", "impossible"].includes(move.then));
    expect(stepsFrom(state).sort()).toEqual(changing.map((move) => move.step).sort());
  }
});
