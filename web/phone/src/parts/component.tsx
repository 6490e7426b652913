/** Which component of the model it is, and its place on the board: checked while it is typed. */

import type { ModelRow } from "../core/wire";
import { designatorFits } from "../rules/completeness";
import { named, say } from "../words/words";
import { Select, TextField } from "./fields";

export interface Place {
  component: string;
  designator: string;
}

interface Props {
  label: string;
  model: ModelRow | undefined;
  value: Place;
  change: (value: Place) => void;
  hint?: string;
}

/** What is wrong with a place, in words; an empty designator is for completion to ask for. */
export function wrongWith(model: ModelRow | undefined, { component, designator }: Place): string | undefined {
  const chosen = model?.components.find((one) => one.id === component);
  if (!chosen || !designator || chosen.designator !== "required") return undefined;
  if (designatorFits(chosen.designator_pattern, designator)) return undefined;
  const like = example(chosen.designator_pattern);
  return say("designator.wrong", { example: like && say("designator.example", { example: like }) }).trim();
}

/** A designator as the pattern may mean it, for the eye: [A-Z]{1,2}[0-9]{1,3} gives A1. Empty when it is not plain. */
export function example(pattern: string): string {
  const plain = pattern
    .replace(/\[([A-Za-z0-9])[^\]]*\]/g, "$1")
    .replace(/\\d/g, "1")
    .replace(/\{\d+(?:,\d*)?\}|[+*?]/g, "")
    .replace(/0/g, "1");
  return /^[A-Za-z0-9 ._/-]+$/.test(plain) && designatorFits(pattern, plain) ? plain : "";
}

export function ComponentFields({ label, model, value, change, hint }: Props) {
  const chosen = model?.components.find((one) => one.id === value.component);
  if (!model?.components.length) return <p class="hint">{say("component.unknown")}</p>;
  return (
    <>
      <Select
        label={label}
        hint={hint}
        none={say("component.none")}
        options={model.components.map((one) => ({ value: one.id, text: `${named(one)} (${one.code})` }))}
        value={value.component}
        change={(component) => change({ component, designator: component ? value.designator : "" })}
      />
      {chosen && (
        <TextField
          label={say("designator")}
          hint={chosen.designator === "required" ? say("designator.hint") : undefined}
          optional={chosen.designator !== "required"}
          value={value.designator}
          maxLength={64}
          autoComplete="off"
          autoCapitalize="characters"
          spellcheck={false}
          error={wrongWith(model, value)}
          change={(designator) => change({ ...value, designator: designator.trim() })}
        />
      )}
    </>
  );
}
