/** What became of recorded work, and which of it a person should look at. */

import type { OutboxItem } from "../core/views";
import { perhaps, say, word } from "../words/words";
import { isSeen } from "./seen";

export type Tone = "good" | "wait" | "warn" | "bad";

const TONES: Record<OutboxItem["fate"], Tone> = {
  waiting: "wait",
  sending: "wait",
  applied: "good",
  applied_flagged: "good",
  superseded: "good",
  accepted: "good",
  recorded: "warn",
  declined: "warn",
  rejected: "bad",
  mismatch: "bad",
  undecodable: "bad",
};

export function toneOf(item: OutboxItem): Tone {
  return TONES[item.fate];
}

/** Whether the office has to decide, or somebody should read why it was not done. */
export function needsALook(item: OutboxItem): boolean {
  return ["warn", "bad"].includes(toneOf(item)) && !isSeen(item.op);
}

export function isUnsent(item: OutboxItem): boolean {
  return item.fate === "waiting" || item.fate === "sending";
}

/** Why, and what to do now; in our words where we have some for the code, else as the server put it. */
export function reasonOf(item: OutboxItem): { why: string; todo: string } | null {
  if (item.handedIn) return { why: say("fate.handed-in"), todo: say("todo.handed-in") };
  if (item.fate === "declined" || item.fate === "accepted") {
    return item.note ? { why: say("outbox.note", { note: item.note }), todo: "" } : null;
  }
  const code = item.reason ?? (item.fate === "mismatch" || item.fate === "undecodable" ? item.fate : undefined);
  if (!code) return null;
  const why = perhaps(`problem.${code}`);
  const detail = detailOf(item.answer);
  return { why: why ?? detail ?? word("problem", code), todo: perhaps(`todo.${code}`) ?? say("todo.other") };
}

function detailOf(answer: unknown): string | undefined {
  const detail = (answer as { detail?: unknown } | null | undefined)?.detail;
  return typeof detail === "string" && detail ? detail : undefined;
}

/** What the server noted about work that it did. */
export function flagsOf(item: OutboxItem): string[] {
  const flags = (item.answer as { flags?: unknown } | null | undefined)?.flags;
  return Array.isArray(flags) ? flags.filter((flag) => typeof flag === "string").map((flag) => word("flag", flag)) : [];
}
