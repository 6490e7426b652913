/** The fields of forms: large, labelled, and each says itself what is wrong with it. */

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { say } from "../words/words";
import { Icon } from "./icons";
import { Trouble } from "./trouble";

interface Texts {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
}

interface Line extends Texts {
  value: string;
  change: (value: string) => void;
  optional?: boolean;
  rows?: number;
  type?: "text" | "password";
  inputMode?: "decimal" | "numeric";
  autoComplete?: "off" | "username" | "current-password";
  autoCapitalize?: "none" | "characters";
  enterKeyHint?: "next" | "go";
  maxLength?: number;
  spellcheck?: boolean;
}

/** One line of text, or several with `rows`. */
export function TextField({ label, hint, error, value, change, optional, rows, type, ...rest }: Line) {
  const id = useId();
  const told = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  const attributes = {
    id,
    value,
    "aria-describedby": told,
    "aria-invalid": error ? true : undefined,
    "aria-required": optional ? undefined : true,
  } as const;
  return (
    <div class="field">
      <label for={id}>
        {label}
        {optional && <span class="optional"> {say("optional")}</span>}
      </label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {rows ? (
        <textarea
          {...attributes}
          rows={rows}
          maxLength={rest.maxLength}
          onInput={(event) => change(event.currentTarget.value)}
        />
      ) : (
        <OneLine {...rest} {...attributes} isSecret={type === "password"} change={change} />
      )}
      {error && (
        <p class="error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function OneLine({ isSecret, change, ...rest }: { isSecret: boolean; change: (value: string) => void; id: string }) {
  const input = (event: { currentTarget: HTMLInputElement }) => change(event.currentTarget.value);
  return isSecret ? (
    <input {...rest} type="password" onInput={input} />
  ) : (
    <input {...rest} type="text" onInput={input} />
  );
}

interface Option<T extends string> {
  value: T;
  text: ComponentChildren;
}

/** One of a few, all of them in sight. */
export function Choice<T extends string>(
  props: Texts & {
    options: readonly Option<T>[];
    value: T | null;
    change: (value: T) => void;
    stacked?: boolean;
    /** In columns of one width. */
    even?: boolean;
  },
) {
  const name = useId();
  return (
    <fieldset class="choice" data-stacked={props.stacked} data-even={props.even}>
      <legend>{props.label}</legend>
      {props.hint && <p class="hint">{props.hint}</p>}
      <div>
        {props.options.map(({ value, text }) => (
          <label key={value}>
            <input type="radio" name={name} checked={props.value === value} onChange={() => props.change(value)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
      <Trouble text={props.error} />
    </fieldset>
  );
}

/** One of many. */
export function Select(
  props: Texts & {
    options: readonly { value: string; text: string }[];
    value: string;
    change: (value: string) => void;
    none?: string;
  },
) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.hint && (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
      <select
        id={id}
        value={props.value}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onChange={(event) => props.change(event.currentTarget.value)}
      >
        {props.none !== undefined && <option value="">{props.none}</option>}
        {props.options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <Trouble text={props.error} />
    </div>
  );
}

/** A whole number with a large key on either side. */
export function Stepper(
  props: Texts & {
    value: number;
    change: (value: number) => void;
    least: number;
    most: number;
    step?: number;
    unit?: string;
  },
) {
  const id = useId();
  const step = props.step ?? 1;
  const set = (value: number) => props.change(Math.min(props.most, Math.max(props.least, Math.round(value) || 0)));
  return (
    <div class="field">
      <label for={id}>
        {props.label}
        {props.unit && <span class="optional"> {props.unit}</span>}
      </label>
      <div class="stepper">
        <button
          type="button"
          aria-label={say("less", { what: props.label })}
          disabled={props.value <= props.least}
          onClick={() => set((Math.ceil(props.value / step) - 1) * step)}
        >
          <Icon name="minus" />
        </button>
        <input
          id={id}
          inputMode="numeric"
          value={String(props.value)}
          onInput={(event) => set(Number(event.currentTarget.value.replace(/\D/g, "")))}
        />
        <button
          type="button"
          aria-label={say("further", { what: props.label })}
          disabled={props.value >= props.most}
          onClick={() => set((Math.floor(props.value / step) + 1) * step)}
        >
          <Icon name="plus" />
        </button>
      </div>
      {props.hint && <p class="hint">{props.hint}</p>}
    </div>
  );
}
