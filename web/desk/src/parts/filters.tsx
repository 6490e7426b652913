/** What a list is narrowed by: each filter stands in the address, so that a list can be gone back to and sent on. */

import { filter, place } from "../core/router";
import { say, word } from "../words/words";
import { Field, type Option, Select } from "./form";

/** One of several, or what stands for none of them: all. */
export function Choice({
  name,
  label,
  options,
  none = say("all"),
}: {
  name: string;
  label: string;
  options: readonly Option[];
  none?: string;
}) {
  return (
    <Field label={label}>
      {(id) => (
        <Select
          id={id}
          value={place.value.filters[name] ?? ""}
          change={(one) => filter({ [name]: one })}
          options={[["", none], ...options]}
        />
      )}
    </Field>
  );
}

/** The state of what is listed. */
export function StateChoice({ states, group }: { states: readonly string[]; group: string }) {
  return <Choice name="state" label={say("state")} options={states.map((one) => [one, word(group, one)])} />;
}

/** A word to look for. */
export function Search(props: { name: string; label: string; maxLength: number; numeric?: boolean }) {
  return (
    <Field label={props.label}>
      {(id) => (
        <input
          id={id}
          type="search"
          inputMode={props.numeric ? "numeric" : undefined}
          maxLength={props.maxLength}
          value={place.value.filters[props.name] ?? ""}
          onChange={(event) => filter({ [props.name]: event.currentTarget.value.trim() })}
        />
      )}
    </Field>
  );
}
