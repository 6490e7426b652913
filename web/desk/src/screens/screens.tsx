/** Every screen of the desk, in the order of the list, with the roles it is for. */

import { DISPATCHING, OFFICE, PARTNER } from "../core/session";
import type { Screen } from "./frame";
import { Jobs } from "./jobs";
import { NewJob } from "./new-job";

export const SCREENS: readonly Screen[] = [
  { name: "jobs", title: "jobs", by: [...OFFICE, ...PARTNER], show: () => <Jobs /> },
  { name: "new-job", title: "newJob", by: DISPATCHING, show: () => <NewJob /> },
];
