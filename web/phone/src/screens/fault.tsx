/** A fault: its code from the catalogue, what was seen, and which component of the model failed, and where. */

import { useState } from "preact/hooks";
import { noteUse } from "../catalogue/recent";
import { searchFaults } from "../catalogue/search";
import { record } from "../core/store";
import type { FaultCodeRow } from "../core/wire";
import { modelOf } from "../parts/catalogue";
import { ComponentFields, type Place, wrongWith } from "../parts/component";
import { type Current, whereOf } from "../parts/current";
import { TextField } from "../parts/fields";
import { FormScreen } from "../parts/form";
import { Screen } from "../parts/frame";
import { Picker } from "../parts/picker";
import { named, say } from "../words/words";

export function FaultScreen({ current }: { current: Current }) {
  const [code, setCode] = useState<FaultCodeRow | null>(null);
  if (code) return <FaultForm current={current} code={code} again={() => setCode(null)} />;
  return (
    <Screen title={say("fault.find")} up={{ at: "visit", id: current.visit.id }} dock={null}>
      <Picker
        label={say("fault.search")}
        hint={say("fault.search.hint")}
        search={searchFaults}
        row={(one) => (
          <>
            <strong>{named(one)}</strong>
            <span class="serial">{one.code}</span>
            <span class="soft">{named({ name: one.group_name, name_zh: one.group_name_zh })}</span>
          </>
        )}
        choose={setCode}
      />
    </Screen>
  );
}

function FaultForm({ current, code, again }: { current: Current; code: FaultCodeRow; again: () => void }) {
  const { job, visit } = current;
  const model = modelOf(job.unit);
  const [symptom, setSymptom] = useState(job.kind === "repair" ? job.subject : "");
  const [cause, setCause] = useState("");
  const [action, setAction] = useState("");
  const [place, setPlace] = useState<Place>({ component: "", designator: "" });
  const [asked, setAsked] = useState(false);
  const missing = (): string | null => {
    setAsked(true);
    return symptom.trim() ? (wrongWith(model, place) ?? null) : say("fault.symptom.needed");
  };
  const save = async (): Promise<void> => {
    const body = {
      visit_id: visit.id,
      fault_code_id: code.id,
      symptom: symptom.trim(),
      cause: cause.trim(),
      action: action.trim(),
      model_component_id: place.component || null,
      designator: place.designator,
    };
    await record("fault.record", body, whereOf(current));
    noteUse(code.id);
  };
  return (
    <FormScreen title={say("fault.one")} up={{ at: "visit", id: visit.id }} missing={missing} save={save}>
      <section class="card chosen">
        <p>
          <strong>{named(code)}</strong>
          <span class="serial">{code.code}</span>
        </p>
        {code.no_fault_found && <p class="soft">{say("fault.none-found")}</p>}
        <button type="button" class="plain small" onClick={again}>
          {say("fault.other")}
        </button>
      </section>
      {!code.no_fault_found && (
        <ComponentFields label={say("fault.component")} model={model} value={place} change={setPlace} />
      )}
      <TextField
        label={say("fault.symptom")}
        value={symptom}
        maxLength={200}
        change={setSymptom}
        error={asked && !symptom.trim() ? say("needed") : undefined}
      />
      <TextField label={say("fault.cause")} optional rows={2} maxLength={4000} value={cause} change={setCause} />
      <TextField label={say("fault.action")} optional rows={2} maxLength={4000} value={action} change={setAction} />
    </FormScreen>
  );
}
