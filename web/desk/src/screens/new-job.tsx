/** A new job on a unit that is found by its serial, its customer or a caller's number. */

import { useState } from "preact/hooks";
import { get, post, type Shape } from "../core/api";
import { Field, Form, type Given, Select } from "../parts/form";
import { goTelling } from "../parts/notice";
import { inHours, SlotFields, slotOf } from "../parts/slot";
import { say, whyOf, word } from "../words/words";
import { Assign, type Assignable } from "./assign";

type UnitLine = Shape<"UnitLine">;

const KINDS = ["repair", "install", "maintain", "inspect", "advise"] as const;
const FOUND_MAX = 10;
const PHONE = /^[+\d][\d\s()./-]{5,}$/;

const lineOf = (unit: UnitLine) =>
  [unit.model_name, unit.serial, unit.customer_name, unit.city].filter(Boolean).join(" · ");

async function unitsFor(text: string): Promise<UnitLine[]> {
  const bySerial = await get("/units", { serial: text, limit: FOUND_MAX });
  if (bySerial.items.length) return bySerial.items;
  const otherwise = PHONE.test(text) ? { phone: text } : { customer: text };
  return (await get("/units", { ...otherwise, limit: FOUND_MAX })).items;
}

export function NewJob() {
  const [unit, setUnit] = useState<UnitLine | null>(null);
  const [made, setMade] = useState<Assignable | null>(null);
  const submit = async (given: Given, key: string) => {
    if (!unit) throw new Error(say("chooseUnit"));
    if (!unit.customer_id || !unit.site_id) throw new Error(say("noOwner"));
    const slot = slotOf(given);
    const job = await post(
      "/jobs",
      {
        kind: given.kind as (typeof KINDS)[number],
        customer_id: unit.customer_id,
        site_id: unit.site_id,
        unit_id: unit.id,
        subject: given.subject ?? "",
        problem: given.problem ?? "",
        priority: Number(given.priority),
        estimated_minutes: Number(given.minutes),
        required_from: slot.from,
        required_to: slot.to,
      },
      key,
    );
    setMade({ id: job.id, number: job.number, partner_id: null, required_from: slot.from });
  };
  const leave = () => goTelling(`${say("created")} ${made?.number}`, "jobs");
  return (
    <>
      <h1>{say("newJob")}</h1>
      <div class="card">
        <FindUnit choose={setUnit} />
        <p class="soft" role="status">
          {unit && lineOf(unit)}
        </p>
        <Form button={say("create")} submit={submit}>
          <div class="fields">
            <Field label={say("kind")}>
              {(id) => <Select id={id} name="kind" options={KINDS.map((kind) => [kind, word("kind", kind)])} />}
            </Field>
            <Field label={say("priority")}>
              {(id) => <input id={id} name="priority" type="number" min={1} max={5} defaultValue="3" required />}
            </Field>
            <Field label={say("estimated")}>
              {(id) => <input id={id} name="minutes" type="number" min={5} max={1440} defaultValue="60" required />}
            </Field>
            <Field label={say("subject")} whole>
              {(id) => <input id={id} name="subject" required maxLength={200} />}
            </Field>
            <Field label={say("problem")} whole>
              {(id) => <textarea id={id} name="problem" rows={3} maxLength={4000} />}
            </Field>
          </div>
          <SlotFields from={inHours(24)} hours={4} />
        </Form>
      </div>
      {made && <Assign job={made} close={leave} done={leave} />}
    </>
  );
}

function FindUnit({ choose }: { choose: (unit: UnitLine) => void }) {
  const [text, setText] = useState("");
  const [found, setFound] = useState<UnitLine[]>([]);
  const [error, setError] = useState("");
  const find = async () => {
    if (!text.trim()) return;
    setError("");
    try {
      const units = await unitsFor(text.trim());
      setFound(units);
      if (!units.length) setError(say("noUnit"));
    } catch (refused) {
      setFound([]);
      setError(whyOf(refused));
    }
  };
  return (
    <>
      <Field label={`${say("unit")}: ${say("findUnit")}`}>
        {(id) => (
          <input
            id={id}
            type="search"
            enterkeyhint="search"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              void find();
            }}
          />
        )}
      </Field>
      <p class="actions">
        <button type="button" class="plain" onClick={find}>
          {say("find")}
        </button>
      </p>
      {error && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      <ul class="found">
        {found.map((unit) => (
          <li key={unit.id}>
            <button
              type="button"
              class="plain"
              onClick={() => {
                setFound([]);
                choose(unit);
              }}
            >
              {lineOf(unit)}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
