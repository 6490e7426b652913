/** Which of many are meant: ticked one by one, or all at once. */

import { say } from "../words/words";
import type { Option } from "./form";

interface Props {
  label: string;
  of: readonly Option[];
  ticked: ReadonlySet<string>;
  change: (ticked: ReadonlySet<string>) => void;
}

export const allOf = (of: readonly Option[]): ReadonlySet<string> => new Set(of.map(([value]) => value));

export function Ticks({ label, of, ticked, change }: Props) {
  const hasAll = ticked.size === of.length;
  const toggle = (value: string) => {
    const next = new Set(ticked);
    if (!next.delete(value)) next.add(value);
    change(next);
  };
  return (
    <fieldset>
      <legend>{label}</legend>
      <label class="tick">
        <input type="checkbox" checked={hasAll} onChange={() => change(hasAll ? new Set() : allOf(of))} />
        {say("ticks.all", { n: of.length })}
      </label>
      <ul class="ticks">
        {of.map(([value, text]) => (
          <li key={value}>
            <label class="tick">
              <input type="checkbox" value={value} checked={ticked.has(value)} onChange={() => toggle(value)} />
              {text}
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
