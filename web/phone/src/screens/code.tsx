/** What the customer scans to fetch the report, and the PIN that opens it; shown without a network too. */

import { sync } from "../core/store";
import type { Current } from "../parts/current";
import { Screen } from "../parts/frame";
import { Qr } from "../parts/qr";
import { addressOf } from "../router";
import { say } from "../words/words";

export function CodeScreen({ current }: { current: Current }) {
  const { visit } = current;
  const secret = visit.collection;
  const isSent = !visit.pending.has(visit.id);
  return (
    <Screen
      title={say("code.title")}
      up={{ at: "visit", id: visit.id }}
      dock={
        <div class="actions">
          <a class="button main" href={addressOf({ at: "jobs" })}>
            {say("code.done")}
          </a>
        </div>
      }
    >
      {secret ? (
        <section class="card code">
          <p>{say("code.text")}</p>
          <Qr text={`${location.origin}/c/${secret.code}`} label={say("code.qr")} />
          <p class="pin">
            <span>{say("code.pin")}</span>
            <strong>{`${secret.pin.slice(0, 3)} ${secret.pin.slice(3)}`}</strong>
          </p>
          <p class="soft">{say(isSent ? "code.sent" : sync.value.online ? "code.sending" : "code.offline")}</p>
        </section>
      ) : (
        <p class="card">{say("code.none")}</p>
      )}
    </Screen>
  );
}
