/** The machine whose label was scanned outside the app: the jobs on it, as far as they are on this phone. */

import { jobs } from "../core/store";
import { Screen } from "../parts/frame";
import { addressOf } from "../router";
import { normalise } from "../rules/serials";
import { named, say, word } from "../words/words";

export function UnitScreen({ gtin, serial }: { gtin: string; serial: string }) {
  const key = normalise(serial);
  const digits = gtin.padStart(14, "0");
  const own = jobs.value.filter(
    ({ unit }) => unit?.serial_key === key && (unit.gtin === null || unit.gtin.padStart(14, "0") === digits),
  );
  const unit = own[0]?.unit;
  return (
    <Screen title={say("unit.title")} up={{ at: "jobs" }}>
      <section class="card lead">
        {unit && <h2>{named({ name: unit.model_name, name_zh: unit.model_name_zh })}</h2>}
        <p class="serial">{serial}</p>
        {!own.length && <p>{say("unit.none")}</p>}
      </section>
      <ul class="jobs">
        {own.map((job) => (
          <li key={job.id}>
            <a class="card job" href={addressOf({ at: "job", id: job.id })}>
              <div class="row">
                <strong>{say("job.title", { number: job.number })}</strong>
                <span class="chip" data-state={job.state}>
                  {word("state", job.state)}
                </span>
              </div>
              <p class="what">{job.subject}</p>
              <p class="soft">{job.customer.name}</p>
            </a>
          </li>
        ))}
      </ul>
      {!own.length && (
        <section class="card">
          <a class="button" href="#/">
            {say("gone.jobs")}
          </a>
          <a class="button plain" href={`/01/${encodeURIComponent(gtin)}/21/${encodeURIComponent(serial)}#request`}>
            {say("unit.request")}
          </a>
        </section>
      )}
    </Screen>
  );
}
