/** Forms whose button is off while their answer is under way, and which show what was refused. */

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Refused } from "../core/api";
import { problemWords, say, whyOf } from "../words/words";

export type Given = Record<string, string>;

interface Props {
  button: string;
  /** Carries it out; the key is the same as long as nobody knows what became of the last try, and new once refused. */
  submit: (given: Given, key: string) => Promise<void>;
  tone?: "bad" | "plain" | undefined;
  /** What the fields held before, and who keeps what is typed from now on. */
  kept?: { fields: Given; keep: (given: Given) => void };
  children?: ComponentChildren;
  class?: string;
}

export function Form({ button, submit, tone, kept, children, class: name }: Props) {
  const shown = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => {
    if (kept && shown.current) refill(shown.current, kept.fields);
  }, []);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const key = useRef(crypto.randomUUID() as string);
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    const given = givenIn(event.currentTarget as HTMLFormElement);
    try {
      await submit(given, key.current);
      key.current = crypto.randomUUID();
    } catch (refused) {
      setError(refused);
      if (refused instanceof Refused && refused.status > 0 && refused.status < 500) key.current = crypto.randomUUID();
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class={name} ref={shown} onSubmit={onSubmit} onInput={(event) => kept?.keep(givenIn(event.currentTarget))}>
      {error !== null && <WhatIsWrong error={error} form={shown.current} />}
      {children}
      <p class="actions">
        <button type="submit" class={tone === "plain" ? "plain" : undefined} data-tone={tone} disabled={busy}>
          {button}
        </button>
      </p>
    </form>
  );
}

/** What was refused, in sight however long the form is; each field by what stands above it. */
function WhatIsWrong({ error, form }: { error: unknown; form: HTMLFormElement | null }) {
  const told = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => told.current?.scrollIntoView({ block: "nearest" }), [error]);
  const wrong = error instanceof Refused ? error.errors : [];
  const why = whyOf(error);
  return (
    <div class="error" role="alert" ref={told}>
      {!wrong.some((one) => one.words === why) && why}
      <ul>
        {wrong.map((one) => (
          <li key={one.field}>
            {labelOf(form, one.field)}: {problemWords(one.code ?? "") ?? one.words}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Fields of rows are named for one of them: `faults[0].fault_code` is what the form calls `fault.0.fault_code`. */
function labelOf(form: HTMLFormElement | null, field: string): string {
  const control = form?.elements.namedItem(field.replace(/^(\w+)s\[(\d+)\]\./, "$1.$2."));
  const isLabelled =
    control instanceof HTMLInputElement ||
    control instanceof HTMLSelectElement ||
    control instanceof HTMLTextAreaElement;
  return (isLabelled && control.labels?.[0]?.textContent) || field;
}

function givenIn(form: HTMLFormElement): Given {
  return Object.fromEntries([...new FormData(form)].map(([field, value]) => [field, String(value)]));
}

function refill(form: HTMLFormElement, fields: Given): void {
  for (const [name, value] of Object.entries(fields)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = true;
    else if (field && "value" in field) field.value = value;
  }
}

/** A label and its control; the control gets the id. */
export function Field({
  label,
  hint,
  whole,
  children,
}: {
  label: string;
  hint?: string | undefined;
  whole?: boolean;
  children: (id: string) => ComponentChildren;
}) {
  const id = useId();
  return (
    <div class={whole ? "field whole" : "field"}>
      <label for={id}>{label}</label>
      {children(id)}
      {hint && <p class="hint">{hint}</p>}
    </div>
  );
}

/** Why something is done: it is kept with what was done. */
export function ReasonField() {
  return (
    <Field label={say("reason")}>
      {(id) => <input id={id} name="reason" required minLength={3} maxLength={500} />}
    </Field>
  );
}

export type Option = readonly [value: string, text: string];

/** One of several; with `change` its value is the caller's, without it the form's. */
export function Select(props: {
  id?: string;
  name?: string;
  label?: string;
  options: readonly Option[];
  value?: string | undefined;
  change?: (value: string) => void;
  required?: boolean;
  disabled?: boolean;
}) {
  return (
    <select
      id={props.id}
      name={props.name}
      aria-label={props.label}
      required={props.required}
      disabled={props.disabled}
      {...(props.change && { value: props.value })}
      onChange={(event) => props.change?.(event.currentTarget.value)}
    >
      {props.options.map(([value, text]) => (
        <option key={value} value={value} selected={value === props.value}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** One of few, all of them in sight. */
export function Segments<T extends string>(props: {
  label: string;
  options: readonly (readonly [value: T, text: string])[];
  value: T;
  change: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class="unseen">{props.label}</legend>
      {props.options.map(([value, text]) => (
        <label key={value}>
          <input type="radio" name={name} checked={props.value === value} onChange={() => props.change(value)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
