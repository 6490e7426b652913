/** What a reviewer is about to decide on the lines of a claim, and what the keys do to it. Pure: no browser in here. */

import { minorUnits } from "../../../common/money";

export const DECISIONS = ["approve", "approve_in_part", "refuse", "send_back"] as const;
export type Decision = (typeof DECISIONS)[number];

export const REASONS = {
  approve: ["evidence-convincing", "within-authorisation", "goodwill", "other"],
  approve_in_part: [
    "excessive-labour",
    "excessive-parts",
    "excessive-travel",
    "evidence-missing",
    "evidence-contradicts",
    "goodwill",
    "other",
  ],
  refuse: [
    "not-covered",
    "no-warranty-record",
    "not-our-product",
    "duplicate",
    "evidence-missing",
    "evidence-contradicts",
    "not-authorised",
    "customer-denies",
    "photo-reused",
    "other",
  ],
  send_back: ["evidence-missing", "evidence-contradicts", "not-authorised", "other"],
} as const satisfies Record<Decision, readonly string[]>;
export type Reason = (typeof REASONS)[Decision][number];

/** A line as far as deciding needs it. */
export interface Deciding {
  id: string;
  kind: string;
  label: string;
  currency: string | null;
  minutes: number | null;
  quantity: number | null;
}

export interface Ruling {
  decision: Decision;
  reason: Reason | "";
  note: string;
  /** As typed: minutes of a time, pieces of a part, or money. */
  much: string;
}

export interface Desk {
  at: number;
  rulings: Readonly<Record<string, Ruling>>;
}

export const EMPTY: Desk = { at: 0, rulings: {} };

const FIRST: Record<string, Reason> = {
  labour: "excessive-labour",
  travel: "excessive-travel",
  part: "excessive-parts",
};

/** The reason that usually goes with a decision; nobody is refused without one that was chosen. */
export function usualReason(decision: Decision, kind: string): Reason | "" {
  if (decision === "approve") return "evidence-convincing";
  if (decision === "send_back") return "evidence-missing";
  return decision === "approve_in_part" ? (FIRST[kind] ?? "") : "";
}

export function decided(desk: Desk, line: Deciding, decision: Decision): Desk {
  const had = desk.rulings[line.id];
  const reason = had?.decision === decision ? had.reason : usualReason(decision, line.kind);
  return ruled(desk, line.id, { decision, reason, note: had?.note ?? "", much: had?.much ?? "" });
}

export function ruled(desk: Desk, lineId: string, ruling: Ruling): Desk {
  return { ...desk, rulings: { ...desk.rulings, [lineId]: ruling } };
}

const KEYS: Record<string, Decision> = { a: "approve", p: "approve_in_part", r: "refuse", b: "send_back" };

/** What a key does; the same desk where it does nothing. */
export function pressed(desk: Desk, key: string, lines: readonly Deciding[]): Desk {
  const line = lines[desk.at];
  if (!line) return desk;
  if (key === "j") return { ...desk, at: Math.min(desk.at + 1, lines.length - 1) };
  if (key === "k") return { ...desk, at: Math.max(desk.at - 1, 0) };
  const decision = KEYS[key];
  if (decision) return decided(desk, line, decision);
  const ruling = desk.rulings[line.id];
  const reason = ruling && /^[1-9]$/.test(key) ? REASONS[ruling.decision][Number(key) - 1] : undefined;
  return ruling && reason ? ruled(desk, line.id, { ...ruling, reason }) : desk;
}

/** What is still missing before a line's decision can be sent. */
export function lacks(line: Deciding, ruling: Ruling): "reason" | "part" | "other" | null {
  if (!ruling.reason) return "reason";
  if (ruling.reason === "other" && !ruling.note.trim()) return "other";
  return ruling.decision === "approve_in_part" && much(line, ruling) === null ? "part" : null;
}

/** How much of a line is approved in part, in the line's own measure. */
export function much(line: Deciding, ruling: Ruling): Record<string, number> | null {
  if (line.kind === "expense" || (line.minutes === null && line.quantity === null)) {
    const minor = minorUnits(ruling.much, line.currency ?? "EUR");
    return minor === null ? null : { approved_minor: minor };
  }
  if (!/^\d+$/.test(ruling.much.trim())) return null;
  const count = Number(ruling.much);
  return line.minutes === null ? { approved_quantity: count } : { approved_minutes: count };
}
