/** An address that leads to nothing on this phone. */

import { Screen } from "../parts/frame";
import { say } from "../words/words";

/** The office gave it to somebody else meanwhile, or it was never on this phone. */
export function Gone() {
  return (
    <Screen title={say("gone")} up={{ at: "jobs" }}>
      <section class="card">
        <p>{say("gone.text")}</p>
        <a class="button" href="#/">
          {say("gone.jobs")}
        </a>
        <a class="button plain" href="#/outbox">
          {say("tab.outbox")}
        </a>
      </section>
    </Screen>
  );
}
