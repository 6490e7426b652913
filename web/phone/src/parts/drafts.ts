/** What was entered of a completion before it is signed: kept when the app is closed meanwhile, gone once it is recorded. */

import { Kept } from "../core/kept";

export interface Draft {
  result: string;
  summary: string;
}

/** Drafts of so many visits; the oldest go first. */
const MAX = 20;
const drafts = new Kept<readonly [string, Draft][]>(
  "fieldstone-drafts",
  [],
  (found) => Array.isArray(found) && found.every((one) => Array.isArray(one) && typeof one[1]?.result === "string"),
);

export function draftOf(visit: string): Draft {
  return drafts.get().find(([id]) => id === visit)?.[1] ?? { result: "", summary: "" };
}

/** Keeps a draft; null forgets it. */
export function keepDraft(visit: string, draft: Draft | null): void {
  const others = drafts.get().filter(([id]) => id !== visit);
  drafts.set(draft ? [...others, [visit, draft] as [string, Draft]].slice(-MAX) : others);
}

/** Forgets all: another person may sign in next. */
export function forgetDrafts(): void {
  drafts.set([]);
}
