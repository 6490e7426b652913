/** The list of jobs, and what the office and a partner's office do with one. */

import { useState } from "preact/hooks";
import { get, post, type Shape } from "../core/api";
import { usePages } from "../core/loading";
import { hashOf, place } from "../core/router";
import { DISPATCHING, is, PARTNER } from "../core/session";
import { Dialog } from "../parts/dialog";
import { StateChoice } from "../parts/filters";
import { Form, ReasonField } from "../parts/form";
import { partnerName } from "../parts/names";
import { Listed, State } from "../parts/states";
import { type Column, Table } from "../parts/table";
import { here, moment } from "../words/format";
import { say, word } from "../words/words";
import { Assign } from "./assign";
import { RecordedWork } from "./recorded-work";

export type JobLine = Shape<"JobLine">;

export const JOB_STATES = ["open", "assigned", "accepted", "in_progress", "completed", "cancelled"] as const;
const TONES: Record<string, string> = { open: "warn", in_progress: "good", cancelled: "bad" };

/** A moment by the site's clock; a site in another zone than the browser's is named with it. */
export function AtSite({ at, zone }: { at: string; zone: string }) {
  return (
    <>
      {moment(at, zone)}
      {zone && zone !== here && <div class="soft">{zone}</div>}
    </>
  );
}

export function Jobs() {
  const state = place.value.filters.state ?? "";
  const pages = usePages((cursor) => get("/jobs", { state: state || null, cursor, limit: 25 }), [state]);
  const [assigning, setAssigning] = useState<JobLine | null>(null);
  const [cancelling, setCancelling] = useState<JobLine | null>(null);
  const columns: Column<JobLine>[] = [
    { head: say("number"), cell: (job) => job.number, lead: true },
    {
      head: say("what"),
      cell: (job) => (
        <>
          {job.subject}
          <div class="soft">
            {word("kind", job.kind)} · {job.model_name} · <span class="serial">{job.serial}</span>
          </div>
        </>
      ),
    },
    {
      head: say("where"),
      cell: (job) => (
        <>
          {job.customer_name}
          <div class="soft">
            {job.site_name}, {job.city}
          </div>
        </>
      ),
    },
    { head: say("when"), unbroken: true, cell: (job) => <AtSite at={job.required_from} zone={job.time_zone} /> },
    { head: say("who"), cell: whoHas },
    {
      head: say("state"),
      cell: (job) => <State tone={TONES[job.state] ?? ""}>{word("job", job.state)}</State>,
    },
    {
      head: "",
      cell: (job) => {
        if (job.state === "completed")
          return (
            <a class="button plain small" href={hashOf("job-reports", job.id)}>
              {say("report.ofJob")}
            </a>
          );
        if (job.state === "cancelled") return null;
        return (
          <div class="row">
            {is([...DISPATCHING, ...PARTNER]) && (
              <button type="button" class="plain small" onClick={() => setAssigning(job)}>
                {say(job.state === "open" ? "assign" : "reassign")}
              </button>
            )}
            {is(PARTNER) && (
              <a class="button plain small" href={hashOf("submit", job.id)}>
                {say("submit")}
              </a>
            )}
            {is(DISPATCHING) && job.state !== "open" && (
              <a class="button plain small" href={hashOf("key-in", job.id)}>
                {say("key-in")}
              </a>
            )}
            {is(DISPATCHING) && (
              <button type="button" class="plain small" onClick={() => setCancelling(job)}>
                {say("cancelJob")}
              </button>
            )}
          </div>
        );
      },
    },
  ];
  return (
    <>
      <h1>{say("jobs")}</h1>
      {is(DISPATCHING) && <RecordedWork decided={pages.again} />}
      <div class="tools">
        <StateChoice states={JOB_STATES} group="job" />
      </div>
      <Listed of={pages} none={say("jobs.none")}>
        {(rows) => <Table caption={say("jobs")} columns={columns} rows={rows} keyOf={(job) => job.id} />}
      </Listed>
      {assigning && (
        <Assign
          job={assigning}
          close={() => setAssigning(null)}
          done={() => {
            setAssigning(null);
            pages.again();
          }}
        />
      )}
      {cancelling && (
        <Cancel
          job={cancelling}
          close={() => setCancelling(null)}
          done={() => {
            setCancelling(null);
            pages.again();
          }}
        />
      )}
    </>
  );
}

function whoHas(job: JobLine): string {
  return job.technician ?? (partnerName(job.partner_id) || (job.state === "open" ? say("nobody") : say("own")));
}

function Cancel({ job, close, done }: { job: JobLine; close: () => void; done: () => void }) {
  const submit = async (given: Record<string, string>, key: string) => {
    await post("/jobs/cancel", { job_id: job.id, reason: given.reason ?? "" }, key);
    done();
  };
  return (
    <Dialog title={`${say("cancelJob")} ${job.number}`} close={close}>
      <Form button={say("cancelJob")} tone="bad" submit={submit}>
        <ReasonField />
      </Form>
    </Dialog>
  );
}
