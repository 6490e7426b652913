// Claims to look at: handed in by the partner's office beside the desk, over the limit for labour, so that a person decides.

const minutesAgo = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString().replace(/\.\d+Z$/, "Z");

/** The jobs of a partner that a visit can be handed in for, one by one: each with a code of every kind that fits it. */
export async function* openJobs(office, login = "pam") {
  const [faults, parts] = await Promise.all([
    office.ask(login, "/fault-codes?limit=200"),
    office.ask(login, "/parts?limit=50"),
  ]);
  const fault = faults.items.find((one) => one.code === "L04") ?? faults.items[0];
  const part = parts.items.find((one) => one.claimable && !one.serialised) ?? parts.items[0];
  const { items } = await office.ask(login, "/jobs?limit=100");
  for (const job of items) {
    if (!["assigned", "accepted"].includes(job.state) || !job.technician_id) continue;
    const { job: facts } = await office.ask(login, `/jobs/${job.id}`);
    const { components } = await office.ask(login, `/models/${facts.model_id}`);
    const component = components.find((one) => one.designator !== "required" && !one.serialised) ?? components[0];
    const designator = component.designator === "required" ? "Q7" : "";
    yield { job, fault: fault.code, component: component.code, designator, part: part.number };
  }
}

/** Hands a visit in that waits in review, and returns its claim; jobs that make no claim are passed over. */
export async function claimInReview(office, login = "pam") {
  for await (const { job, fault, component, designator, part } of openJobs(office, login)) {
    const answer = await office
      .ask(login, "/claims/submit", {
        job_number: job.number,
        technician_id: job.technician_id,
        arrived_at: minutesAgo(20),
        completed_at: minutesAgo(2),
        scan: { scanned_text: job.serial },
        result: "repaired",
        summary: "Exchanged and tested",
        no_signature_reason: "remote",
        faults: [{ fault_code: fault, symptom: job.subject, component_code: component, designator }],
        times: [
          { kind: "labour", minutes: 190 },
          { kind: "travel", minutes: 25 },
        ],
        parts: [{ part_number: part }],
        expenses: [{ kind: "parking", amount_minor: 450, currency: "EUR" }],
      })
      .catch((error) => console.log(`    job ${job.number} is passed over: ${error.message.slice(0, 300)}`));
    if (answer?.state === "in_review") return { id: answer.claim_id, number: answer.claim_number, job };
    if (answer) console.log(`    job ${job.number}: ${answer.why_no_claim ?? `${answer.state} ${answer.reasons}`}`);
  }
  throw new Error("no job of the partner makes a claim");
}

/** The lines of a claim as the office has them, by kind. */
export async function linesOf(office, id) {
  const { claim, lines } = await office.ask("rex", `/claims/${id}`);
  return { state: claim.state, lines: Object.fromEntries(lines.map((line) => [line.kind, line])) };
}
