/** Travel or labour entered by hand, or what the clock counted. */

import { useState } from "preact/hooks";
import { record } from "../core/store";
import { type Current, whereOf } from "../parts/current";
import { Choice, Select, Stepper, TextField } from "../parts/fields";
import { FormScreen } from "../parts/form";
import { operationOptions } from "../parts/time-keeping";
import { type TimeKind, unlogged } from "../parts/timer";
import { clock } from "../words/format";
import { say, word } from "../words/words";

export function TimeScreen({ current }: { current: Current }) {
  const { visit } = current;
  const [kind, setKind] = useState<TimeKind>("labour");
  const [typed, setTyped] = useState<number | null>(null);
  const [operation, setOperation] = useState("");
  const [note, setNote] = useState("");
  const counted = unlogged(visit, kind, Date.now());
  const minutes = typed ?? counted?.minutes ?? 0;
  const save = async (): Promise<void> => {
    const body = {
      visit_id: visit.id,
      kind,
      minutes,
      labour_operation_id: kind === "labour" && operation ? operation : null,
      started_at: counted ? new Date(counted.from).toISOString() : null,
      ended_at: counted ? new Date(counted.to).toISOString() : null,
      note: note.trim(),
    };
    await record("time.log", body, whereOf(current));
  };
  return (
    <FormScreen
      title={say("time.add")}
      up={{ at: "visit", id: visit.id }}
      missing={() => (minutes > 0 ? null : say("minutes.none"))}
      save={save}
    >
      <Choice
        label={say("time.kind")}
        options={(["labour", "travel"] as const).map((value) => ({ value, text: word("time", value) }))}
        value={kind}
        change={setKind}
      />
      <Stepper
        label={say("minutes")}
        value={minutes}
        change={setTyped}
        least={0}
        most={1440}
        step={5}
        hint={counted ? say("time.counted", { from: clock(counted.from), to: clock(counted.to) }) : say("time.none")}
      />
      {kind === "labour" && (
        <Select
          label={say("operation")}
          none={say("operation.none")}
          options={operationOptions()}
          value={operation}
          change={setOperation}
        />
      )}
      <TextField label={say("note")} optional rows={2} maxLength={4000} value={note} change={setNote} />
    </FormScreen>
  );
}
