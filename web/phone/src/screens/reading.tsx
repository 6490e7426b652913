/** A measured value, as the meter showed it. */

import { useState } from "preact/hooks";
import { record } from "../core/store";
import { type Current, whereOf } from "../parts/current";
import { Choice, TextField } from "../parts/fields";
import { FormScreen } from "../parts/form";
import { say } from "../words/words";

const UNITS = ["V", "A", "Ω", "W", "°C", "bar", "Pa", "Hz", "%", "rpm"];

export function ReadingScreen({ current }: { current: Current }) {
  const { visit } = current;
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const [unit, setUnit] = useState("");
  const [asked, setAsked] = useState(false);
  const missing = (): string | null => {
    setAsked(true);
    return name.trim() && value.trim() ? null : say("reading.missing");
  };
  const save = async (): Promise<void> => {
    const body = { visit_id: visit.id, name: name.trim(), value: value.trim(), unit_of_measure: unit.trim() };
    await record("reading.record", body, whereOf(current));
  };
  return (
    <FormScreen title={say("reading.add")} up={{ at: "visit", id: visit.id }} missing={missing} save={save}>
      <TextField
        label={say("reading.name")}
        hint={say("reading.name.hint")}
        value={name}
        maxLength={200}
        change={setName}
        error={asked && !name.trim() ? say("needed") : undefined}
      />
      <TextField
        label={say("reading.value")}
        hint={say("reading.value.hint")}
        inputMode="decimal"
        value={value}
        maxLength={64}
        change={setValue}
        error={asked && !value.trim() ? say("needed") : undefined}
      />
      <Choice
        label={say("reading.unit")}
        even
        options={UNITS.map((one) => ({ value: one, text: one }))}
        value={UNITS.includes(unit) ? unit : null}
        change={setUnit}
      />
      <TextField
        label={say("reading.unit.other")}
        optional
        value={UNITS.includes(unit) ? "" : unit}
        maxLength={64}
        change={setUnit}
      />
    </FormScreen>
  );
}
