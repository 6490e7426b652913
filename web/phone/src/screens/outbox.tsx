/** Everything recorded on this phone and what became of it: what needs a person first, then what waits, then the rest. */

import { useState } from "preact/hooks";
import { exportOutbox, outbox, session, sync, syncNow } from "../core/store";
import { isUnsent, needsALook } from "../parts/fates";
import { useSaving } from "../parts/form";
import { Screen } from "../parts/frame";
import { Icon } from "../parts/icons";
import { OutboxList } from "../parts/outbox-list";
import { hand } from "../parts/share";
import { Trouble } from "../parts/trouble";
import { say } from "../words/words";

const DONE_AT_ONCE = 50;

export function OutboxScreen() {
  const [shown, setShown] = useState(DONE_AT_ONCE);
  const saving = useSaving();
  const items = outbox.value;
  const look = items.filter(needsALook);
  const waiting = items.filter(isUnsent);
  const rest = items.filter((item) => !needsALook(item) && !isUnsent(item));
  const { unsent, photosUnsent, syncing } = sync.value;
  const share = (): Promise<boolean> =>
    saving.run(async () => {
      const day = new Date().toISOString().slice(0, 10);
      await hand(await exportOutbox(), `fieldstone-${slug(session.peek()?.name ?? "")}${day}.json`);
    });
  return (
    <Screen title={say("tab.outbox")}>
      <section class="card">
        <p class="big">
          {unsent + photosUnsent ? say("outbox.left", { n: unsent, photos: photosUnsent }) : say("outbox.all")}
        </p>
        <div class="pair">
          <button type="button" class="plain" onClick={() => void share()}>
            {say("outbox.export")}
          </button>
          <button type="button" aria-busy={syncing} onClick={syncNow}>
            {say(syncing ? "sync.syncing" : "outbox.now")}
          </button>
        </div>
        <Trouble text={saving.problem} />
      </section>
      {look.length > 0 && (
        <section class="outbox" aria-label={say("outbox.decide")}>
          <h2>{say("outbox.decide")}</h2>
          <OutboxList items={look} />
        </section>
      )}
      {waiting.length > 0 && (
        <section class="outbox" aria-label={say("outbox.waiting")}>
          <h2>{say("outbox.waiting")}</h2>
          <OutboxList items={waiting} />
        </section>
      )}
      {rest.length > 0 && (
        <section class="outbox" aria-label={say("outbox.rest")}>
          <h2>{say("outbox.rest")}</h2>
          <OutboxList items={rest.slice(0, shown)} />
          {rest.length > shown && (
            <button type="button" class="plain" onClick={() => setShown(shown + DONE_AT_ONCE)}>
              {say("more")}
            </button>
          )}
        </section>
      )}
      {!items.length && (
        <section class="card empty">
          <Icon name="outbox" />
          <p>{say("outbox.empty")}</p>
        </section>
      )}
    </Screen>
  );
}

function slug(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return plain && `${plain}-`;
}
