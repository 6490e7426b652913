/** Deciding on a claim's lines, by mouse or by keyboard alone. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { post, type Sent, type Shape } from "../core/api";
import {
  DECISIONS,
  type Deciding,
  decided,
  EMPTY,
  lacks,
  much,
  pressed,
  REASONS,
  type Ruling,
  ruled,
} from "../core/deciding";
import { AskedOf, ClaimState, lineName } from "../parts/claims";
import { Dialog } from "../parts/dialog";
import { say, whyOf, word } from "../words/words";

type Line = Shape<"LineCard">;
type RulingOnLine = NonNullable<Sent<"/claims/decide">["lines"]>[number];

export function Decide({
  claimId,
  number,
  lines,
  done,
}: {
  claimId: string;
  number: number;
  lines: readonly Line[];
  done: (told: string) => void;
}) {
  const [desk, setDesk] = useState(EMPTY);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const [helps, setHelps] = useState(false);
  const key = useRef(crypto.randomUUID() as string);
  const rows = useRef(new Map<string, HTMLElement>());
  const count = Object.keys(desk.rulings).length;

  const save = async () => {
    const missing = firstLack(lines, desk.rulings);
    if (busy || missing) {
      setError(missing ?? "");
      return;
    }
    setBusy(true);
    setError("");
    try {
      const answer = await post(
        "/claims/decide",
        { claim_id: claimId, lines: sentOf(lines, desk.rulings) },
        key.current,
      );
      done(
        answer.needs_second
          ? say("decide.second")
          : say("decide.saved", { number, state: word("state", answer.state) }),
      );
      setDesk(EMPTY);
    } catch (refused) {
      setError(whyOf(refused));
    } finally {
      key.current = crypto.randomUUID();
      setBusy(false);
    }
  };

  // Keys come faster than a screen is drawn by effects: the focus moves with the drawing itself.
  const wish = useRef<"row" | "much" | "note" | null>(null);
  const focusWished = () => {
    const row = rows.current.get(lines[desk.at]?.id ?? "");
    const field = wish.current === "row" ? null : row?.querySelector<HTMLElement>(`[data-field=${wish.current}]`);
    if (wish.current) (field ?? row)?.focus();
    wish.current = null;
  };
  useLayoutEffect(focusWished);

  const onKey = (event: KeyboardEvent) => {
    const at = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (at.matches("textarea, input:not([type=radio])")) {
      if (event.key !== "Escape") return;
      wish.current = "row";
      focusWished();
    } else if (event.key === "Enter") {
      if (at.matches("button, a, summary, select")) return;
      event.preventDefault();
      void save();
    } else if (event.key === "?") {
      setHelps(true);
    } else if (event.key === "n") {
      event.preventDefault();
      wish.current = "note";
      focusWished();
    } else {
      const next = pressed(desk, event.key, lines);
      if (next === desk && event.key !== "p") return;
      event.preventDefault();
      wish.current = event.key === "p" ? "much" : "row";
      setDesk(next);
    }
  };
  const latest = useRef(onKey);
  latest.current = onKey;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => latest.current(event);
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);

  return (
    <section class="card" aria-labelledby="decide">
      <div class="between">
        <h2 id="decide">{say("decide")}</h2>
        <button type="button" class="link" onClick={() => setHelps(true)}>
          {say("decide.how")}
        </button>
      </div>
      <div class="table">
        <table>
          <thead>
            <tr>
              <th scope="col">{say("line")}</th>
              <th scope="col" class="number">
                {say("asked")}
              </th>
              <th scope="col">{say("state")}</th>
              <th scope="col">{say("decision")}</th>
              <th scope="col">{say("reason")}</th>
              <th scope="col">{say("note")}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line, at) => (
              <Row
                key={line.id}
                line={line}
                isCurrent={at === desk.at}
                ruling={desk.rulings[line.id]}
                hold={(row) => (row ? rows.current.set(line.id, row) : rows.current.delete(line.id))}
                enter={() => at !== desk.at && setDesk({ ...desk, at })}
                decide={(one) => setDesk({ ...decided(desk, line, one), at })}
                rule={(ruling) => setDesk({ ...ruled(desk, line.id, ruling), at })}
              />
            ))}
          </tbody>
        </table>
      </div>
      {error && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      <p class="actions">
        <button type="button" disabled={busy} onClick={() => void save()}>
          {say("decide.save", { n: count })}
        </button>
        <button
          type="button"
          class="plain"
          onClick={() => setDesk(lines.reduce((so, line) => decided(so, line, "approve"), desk))}
        >
          {say("decide.all")}
        </button>
      </p>
      {helps && <Help close={() => setHelps(false)} />}
    </section>
  );
}

function Row(props: {
  line: Line;
  isCurrent: boolean;
  ruling: Ruling | undefined;
  hold: (row: HTMLElement | null) => void;
  enter: () => void;
  decide: (decision: (typeof DECISIONS)[number]) => void;
  rule: (ruling: Ruling) => void;
}) {
  const { line, ruling } = props;
  const change = (changed: Partial<Ruling>) => ruling && props.rule({ ...ruling, ...changed });
  return (
    <tr ref={props.hold} tabIndex={-1} aria-current={props.isCurrent || undefined} onFocusIn={props.enter}>
      <th scope="row">
        {lineName(line)}
        {line.on_hold && <div class="soft">{say("onHold")}</div>}
        {line.proposed && <div class="soft">{say("proposed")}</div>}
        {line.struck && <div class="soft">{say("struck.claimed")}</div>}
        {line.appealed && <div class="soft">{say("appealed")}</div>}
      </th>
      <td class="number" data-head={say("asked")}>
        <AskedOf line={line} />
      </td>
      <td data-head={say("state")}>
        <ClaimState state={line.state} />
      </td>
      <td>
        <fieldset class="segments">
          <legend class="unseen">
            {say("decision")}: {lineName(line)}
          </legend>
          {DECISIONS.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name={line.id}
                checked={ruling?.decision === one}
                onChange={() => props.decide(one)}
              />
              <span>{say(`decide.${one}`)}</span>
            </label>
          ))}
        </fieldset>
      </td>
      <td>
        {ruling && (
          <>
            <select
              aria-label={`${say("reason")}: ${lineName(line)}`}
              value={ruling.reason}
              onChange={(event) => change({ reason: event.currentTarget.value as Ruling["reason"] })}
            >
              <option value="">–</option>
              {REASONS[ruling.decision].map((reason, at) => (
                <option key={reason} value={reason} selected={reason === ruling.reason}>
                  {at + 1} {word("reason", reason)}
                </option>
              ))}
            </select>
            {ruling.decision === "approve_in_part" && (
              <input
                class="much"
                data-field="much"
                inputMode="decimal"
                aria-label={`${measureOf(line)}: ${lineName(line)}`}
                placeholder={measureOf(line)}
                value={ruling.much}
                onInput={(event) => change({ much: event.currentTarget.value })}
              />
            )}
          </>
        )}
      </td>
      <td>
        {ruling && (
          <input
            data-field="note"
            aria-label={`${say("note")}: ${lineName(line)}`}
            maxLength={500}
            value={ruling.note}
            onInput={(event) => change({ note: event.currentTarget.value })}
          />
        )}
      </td>
    </tr>
  );
}

function measureOf(line: Deciding): string {
  if (line.minutes !== null) return say("minutes");
  return line.quantity !== null ? say("quantity") : `${say("amount")} ${line.currency ?? ""}`;
}

function firstLack(lines: readonly Line[], rulings: Readonly<Record<string, Ruling>>): string | null {
  if (!Object.keys(rulings).length) return say("decide.none");
  for (const line of lines) {
    const ruling = rulings[line.id];
    const lack = ruling && lacks(line, ruling);
    if (lack) return say(`decide.${lack}`, { line: lineName(line) });
  }
  return null;
}

function sentOf(lines: readonly Line[], rulings: Readonly<Record<string, Ruling>>): RulingOnLine[] {
  return lines.flatMap((line) => {
    const ruling = rulings[line.id];
    if (!ruling?.reason) return [];
    const part = ruling.decision === "approve_in_part" ? much(line, ruling) : null;
    return [{ line_id: line.id, decision: ruling.decision, reason: ruling.reason, note: ruling.note, ...part }];
  });
}

const KEYS = [
  ["j", "keys.j"],
  ["k", "keys.k"],
  ["a", "keys.a"],
  ["p", "keys.p"],
  ["r", "keys.r"],
  ["b", "keys.b"],
  ["1 … 9", "keys.digit"],
  ["n", "keys.n"],
  ["Enter", "keys.enter"],
  ["Esc", "keys.escape"],
  ["?", "keys.help"],
] as const;

function Help({ close }: { close: () => void }) {
  return (
    <Dialog title={say("keys")} close={close}>
      <dl class="pairs">
        {KEYS.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{say(text)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
