/** What the numbers of the watch may be, as the server bounds them. */

import type { Shape } from "./api";

export const BOUNDS = {
  strange_serials_per_day: [1, 100_000],
  strange_serials_lock: [1, 100_000],
  pause_seconds: [0, 86_400],
  pause_seconds_max: [0, 86_400],
  run_length: [1, 100_000],
  run_distance: [1, 100_000],
  run_days: [1, 366],
} as const satisfies Record<keyof Shape<"Numbers">, readonly [number, number]>;
