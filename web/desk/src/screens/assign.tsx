/** Giving a job to a partner or to our own team, and naming its technician with a slot. */

import { useState } from "preact/hooks";
import { post } from "../core/api";
import { is, PARTNER } from "../core/session";
import { Dialog } from "../parts/dialog";
import { Field, Form, type Given, type Option, Select } from "../parts/form";
import { partners, technicians } from "../parts/names";
import { here, localHour, momentOf } from "../words/format";
import { say } from "../words/words";

const HOUR_MS = 3_600_000;

export interface Assignable {
  id: string;
  number: number;
  partner_id: string | null;
  required_from: string;
}

export function Assign({ job, close, done }: { job: Assignable; close: () => void; done: () => void }) {
  const isPartner = is(PARTNER);
  const sides: Option[] = [
    ...(isPartner ? [] : [["", say("own")] as const]),
    ...partners.value.map((one) => [one.id, one.name] as const),
  ];
  const [side, setSide] = useState(job.partner_id ?? sides[0]?.[0] ?? "");
  const crew = technicians.value.filter((one) => (one.partner_id ?? "") === side && !one.disabled_at);
  const anyone: Option[] = side && !isPartner ? [["", say("anyone")]] : [];
  const wanted = new Date(Math.max(Date.parse(job.required_from), Date.now() + HOUR_MS));
  const submit = async (given: Given, key: string) => {
    const slot = given.technician
      ? { planned_from: momentOf(given.from ?? ""), planned_to: momentOf(given.to ?? "") }
      : {};
    await post(
      "/jobs/assign",
      { job_id: job.id, partner_id: side || null, technician_id: given.technician || null, ...slot },
      key,
    );
    done();
  };
  return (
    <Dialog title={`${say("assign")} ${job.number}`} close={close}>
      <Form button={say("assign")} submit={submit}>
        <Field label={say("partner")}>{(id) => <Select id={id} value={side} change={setSide} options={sides} />}</Field>
        <Field label={say("technician")}>
          {(id) => (
            <select id={id} name="technician" key={side}>
              {[...anyone, ...crew.map((one) => [one.id, one.name] as const)].map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </Field>
        <p class="soft">
          {say("slot")} ({say("yourTime")}: {here})
        </p>
        <div class="fields">
          <Field label={say("from")}>
            {(id) => <input id={id} name="from" type="datetime-local" required defaultValue={localHour(wanted)} />}
          </Field>
          <Field label={say("to")}>
            {(id) => (
              <input
                id={id}
                name="to"
                type="datetime-local"
                required
                defaultValue={localHour(new Date(wanted.getTime() + 2 * HOUR_MS))}
              />
            )}
          </Field>
        </div>
      </Form>
    </Dialog>
  );
}
