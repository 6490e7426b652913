/** Giving a job to a partner or to our own team, and naming its technician with a slot. */

import { useState } from "preact/hooks";
import { post } from "../core/api";
import { is, PARTNER } from "../core/session";
import { Dialog } from "../parts/dialog";
import { Field, Form, type Given, type Option, Select } from "../parts/form";
import { choices, partners, technicians } from "../parts/names";
import { inHours, SlotFields, slotOf } from "../parts/slot";
import { say } from "../words/words";

export interface Assignable {
  id: string;
  number: number;
  partner_id: string | null;
  required_from: string;
}

export function Assign({ job, close, done }: { job: Assignable; close: () => void; done: () => void }) {
  const isPartner = is(PARTNER);
  const sides: Option[] = [...(isPartner ? [] : [["", say("own")] as const]), ...choices(partners.value)];
  const [side, setSide] = useState(job.partner_id ?? sides[0]?.[0] ?? "");
  const crew = technicians.value.filter((one) => (one.partner_id ?? "") === side && !one.disabled_at);
  const anyone: Option[] = side && !isPartner ? [["", say("anyone")]] : [];
  const wanted = new Date(Math.max(Date.parse(job.required_from), inHours(1).getTime()));
  const submit = async (given: Given, key: string) => {
    const { from, to } = slotOf(given);
    const slot = given.technician ? { planned_from: from, planned_to: to } : {};
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
          {(id) => <Select id={id} name="technician" key={side} options={[...anyone, ...choices(crew)]} />}
        </Field>
        <h3>{say("slot")}</h3>
        <SlotFields from={wanted} hours={2} />
      </Form>
    </Dialog>
  );
}
