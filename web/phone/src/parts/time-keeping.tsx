/** The clock of a visit, and what it counted put on the sheet: travel when one arrives, labour when one pauses. */

import { useEffect, useState } from "preact/hooks";
import { record } from "../core/store";
import type { VisitView } from "../core/views";
import { clock, duration, running } from "../words/format";
import { named, say, word } from "../words/words";
import { catalogue } from "./catalogue";
import { type Current, whereOf } from "./current";
import { Dialog } from "./dialog";
import { Select, Stepper } from "./fields";
import { useSaving } from "./form";
import { tell } from "./frame";
import { runningNow, type TimeKind, unlogged } from "./timer";
import { Trouble } from "./trouble";

const KINDS: TimeKind[] = ["travel", "labour"];

function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** What runs now, and what was counted and is not on the sheet yet. */
export function Timer({ visit, log }: { visit: VisitView; log: (kind: TimeKind) => void }) {
  const now = useNow(1000);
  const runs = runningNow(visit);
  const waiting = KINDS.flatMap((kind) => (runs?.kind === kind ? [] : (unlogged(visit, kind, now) ?? [])));
  return (
    <>
      {runs && (
        <section class="timer" aria-label={word("time", runs.kind)}>
          <span>
            {word("time", runs.kind)}
            <small>{say("time.since", { at: clock(runs.since) })}</small>
          </span>
          <span class="clock" role="timer">
            {running(runs.ms(now))}
          </span>
        </section>
      )}
      {waiting.map(({ kind, minutes }) => (
        <section key={kind} class="card row counted" data-tone="warn">
          <p>
            <strong>{word("time", kind) + say("colon") + duration(minutes)}</strong>
            <br />
            {say("time.unlogged")}
          </p>
          <button type="button" onClick={() => log(kind)}>
            {say("time.enter")}
          </button>
        </section>
      ))}
    </>
  );
}

export function operationOptions(): { value: string; text: string }[] {
  return catalogue.value.operations.map((one) => ({
    value: one.id,
    text: `${named(one)} · ${duration(one.standard_minutes)}`,
  }));
}

/** Puts on the sheet what the clock counted; the minutes may be put right first. */
export function LogTime({ current, kind, close }: { current: Current; kind: TimeKind; close: () => void }) {
  const [counted] = useState(() => unlogged(current.visit, kind, Date.now()));
  const [minutes, setMinutes] = useState(counted?.minutes ?? 0);
  const [operation, setOperation] = useState("");
  const saving = useSaving();
  const save = async (): Promise<void> => {
    const body = {
      visit_id: current.visit.id,
      kind,
      minutes,
      labour_operation_id: kind === "labour" && operation ? operation : null,
      started_at: counted ? new Date(counted.from).toISOString() : null,
      ended_at: counted ? new Date(counted.to).toISOString() : null,
    };
    if (await saving.run(async () => void (await record("time.log", body, whereOf(current))))) {
      tell(say("saved"));
      close();
    }
  };
  return (
    <Dialog title={say("time.log", { kind: word("time", kind) })} close={close}>
      {counted && <p>{say("time.counted", { from: clock(counted.from), to: clock(counted.to) })}</p>}
      <Stepper label={say("minutes")} value={minutes} change={setMinutes} least={0} most={1440} step={5} />
      {kind === "labour" && (
        <Select
          label={say("operation")}
          none={say("operation.none")}
          options={operationOptions()}
          value={operation}
          change={setOperation}
        />
      )}
      <Trouble text={saving.problem} />
      <button type="button" class="main" onClick={save}>
        {say("save")}
      </button>
    </Dialog>
  );
}
