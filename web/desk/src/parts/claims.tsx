/** How claims and their lines are shown everywhere: state, reasons, waiting time. */

import type { Shape } from "../core/api";
import { minutes, money, number } from "../words/format";
import { say, word } from "../words/words";
import { State } from "./states";

export const CLAIM_STATES = ["accepted", "in_review", "sent_back", "approved", "paid", "refused", "withdrawn"] as const;

const TONES: Record<string, string> = {
  accepted: "good",
  approved: "good",
  paid: "good",
  in_review: "wait",
  sent_back: "warn",
  refused: "bad",
};

export function ClaimState({ state }: { state: string }) {
  return <State tone={TONES[state] ?? ""}>{word("state", state)}</State>;
}

/** What a rule's outcome or a lane looks like. */
export function Outcome({ group, code }: { group: "outcome" | "lane" | "mode"; code: string }) {
  const tones: Record<string, string> = {
    refuse: "bad",
    block: "bad",
    review: "wait",
    warn: "warn",
    accept: "good",
    passed: "good",
  };
  return <State tone={tones[code] ?? ""}>{word(group, code)}</State>;
}

export function Reasons({ codes }: { codes: readonly string[] }) {
  if (!codes.length) return <span class="soft">–</span>;
  return (
    <ul class="reasons">
      {codes.map((code) => (
        <li key={code}>{word("reason", code)}</li>
      ))}
    </ul>
  );
}

export function lineName({ kind, label }: { kind: string; label: string }): string {
  return `${word("line", kind)} ${kind === "expense" ? word("expense", label) : label}`.trim();
}

/** What of a line is asked: money, and what it is for. */
export function AskedOf({ line }: { line: Shape<"LineCard"> }) {
  return (
    <>
      {money(line.amount_minor, line.currency)}
      <div class="soft">
        {line.minutes !== null && minutes(line.minutes)}
        {line.quantity !== null && `× ${line.quantity}`}
      </div>
    </>
  );
}

/** How long something has waited, in whole days. */
export function waited(since: string, now = Date.now()): string {
  const days = Math.floor((now - Date.parse(since)) / 86_400_000);
  return days > 0 ? say("age.days", { n: number(days) }) : say("age.today");
}
