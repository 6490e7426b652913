/** A part: found in the catalogue without a network, then how many, which serials, and where on the machine. */

import { useState } from "preact/hooks";
import { noteUse } from "../catalogue/recent";
import { searchParts } from "../catalogue/search";
import { record } from "../core/store";
import type { PartRow } from "../core/wire";
import { modelOf } from "../parts/catalogue";
import { ComponentFields, type Place, wrongWith } from "../parts/component";
import { type Current, whereOf } from "../parts/current";
import { Choice, Stepper, TextField } from "../parts/fields";
import { FormScreen } from "../parts/form";
import { Screen } from "../parts/frame";
import { Picker } from "../parts/picker";
import { named, say, word } from "../words/words";

const KINDS = ["used", "missing", "returned"] as const;

export function PartScreen({ current }: { current: Current }) {
  const [part, setPart] = useState<PartRow | null>(null);
  const up = { at: "visit", id: current.visit.id } as const;
  if (part) return <PartForm current={current} part={part} again={() => setPart(null)} />;
  return (
    <Screen title={say("part.find")} up={up} dock={null}>
      <Picker
        label={say("part.search")}
        hint={say("part.search.hint")}
        search={searchParts}
        row={(one) => (
          <>
            <strong>{named(one)}</strong>
            <span class="serial">{one.number}</span>
            <PartBadges part={one} />
          </>
        )}
        choose={setPart}
      />
    </Screen>
  );
}

function PartBadges({ part }: { part: PartRow }) {
  if (!part.key_part && !part.claimable) return null;
  return (
    <span class="badges">
      {part.key_part && <span class="badge">{say("part.key")}</span>}
      {part.claimable && <span class="badge">{say("part.claimable")}</span>}
    </span>
  );
}

function PartForm({ current, part, again }: { current: Current; part: PartRow; again: () => void }) {
  const { job, visit } = current;
  const model = modelOf(job.unit);
  const [kind, setKind] = useState<(typeof KINDS)[number]>("used");
  const [quantity, setQuantity] = useState(1);
  const [oldSerial, setOldSerial] = useState("");
  const [newSerial, setNewSerial] = useState("");
  const [place, setPlace] = useState<Place>({ component: "", designator: "" });
  const save = async (): Promise<void> => {
    const body = {
      visit_id: visit.id,
      kind,
      part_id: part.id,
      quantity,
      unit_of_measure: part.unit_of_measure,
      old_serial: oldSerial.trim(),
      new_serial: newSerial.trim(),
      model_component_id: place.component || null,
      designator: place.designator,
    };
    await record("part.use", body, whereOf(current));
    noteUse(part.id);
  };
  return (
    <FormScreen
      title={say("part.one")}
      up={{ at: "visit", id: visit.id }}
      missing={() => wrongWith(model, place) ?? null}
      save={save}
    >
      <section class="card chosen">
        <p>
          <strong>{named(part)}</strong>
          <span class="serial">{part.number}</span>
        </p>
        <PartBadges part={part} />
        <button type="button" class="plain small" onClick={again}>
          {say("part.other")}
        </button>
      </section>
      <Choice
        label={say("part.what")}
        options={KINDS.map((value) => ({ value, text: word("part", value) }))}
        value={kind}
        change={setKind}
      />
      <Stepper
        label={say("quantity")}
        unit={word("unit_of", part.unit_of_measure)}
        value={quantity}
        change={setQuantity}
        least={1}
        most={100_000}
      />
      {part.serialised && kind !== "missing" && (
        <>
          <TextField
            label={say("part.old.serial")}
            optional
            value={oldSerial}
            maxLength={200}
            autoComplete="off"
            autoCapitalize="characters"
            spellcheck={false}
            change={setOldSerial}
          />
          {kind === "used" && (
            <TextField
              label={say("part.new.serial")}
              optional
              value={newSerial}
              maxLength={200}
              autoComplete="off"
              autoCapitalize="characters"
              spellcheck={false}
              change={setNewSerial}
            />
          )}
        </>
      )}
      <ComponentFields label={say("part.component")} model={model} value={place} change={setPlace} />
    </FormScreen>
  );
}
