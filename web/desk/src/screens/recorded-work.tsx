/** Work that technicians recorded after its job went away: shown until the office accepts or declines it. */

import { useState } from "preact/hooks";
import { get, post, type Shape } from "../core/api";
import { useLoad } from "../core/loading";
import { Dialog } from "../parts/dialog";
import { Field, Form } from "../parts/form";
import { Loaded } from "../parts/states";
import { moment } from "../words/format";
import { say, word } from "../words/words";

type Work = Shape<"RecordedWorkLine">;

const AT_MOST = 200;

/** All of one technician on one job is decided with one press. */
function grouped(items: readonly Work[]): Work[][] {
  const groups = new Map<string, Work[]>();
  for (const one of items) {
    const key = `${one.job_id} ${one.actor_id}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

export function RecordedWork({ decided }: { decided: () => void }) {
  const load = useLoad(() => get("/recorded-work", { limit: AT_MOST }), []);
  const [looked, setLooked] = useState<Work[] | null>(null);
  const done = () => {
    setLooked(null);
    load.again();
    decided();
  };
  return (
    <Loaded of={load}>
      {({ items, next }) =>
        items.length > 0 && (
          <section class="card" data-tone="warn" aria-label={say("needsDecision")}>
            <h2>
              {say("needsDecision")} ({items.length}
              {next ? "+" : ""})
            </h2>
            <ul class="lines">
              {grouped(items).map((works) => {
                const [first] = works;
                return (
                  first && (
                    <li key={first.op_id} class="between">
                      <div>
                        {first.job_number ?? "–"} {first.subject}
                        <div class="soft">
                          {say("workBy")} {first.technician} · {works.length} × · {word("kept", first.reason)}
                        </div>
                      </div>
                      <button type="button" class="plain small" onClick={() => setLooked(works)}>
                        {say("lookAndDecide")}
                      </button>
                    </li>
                  )
                );
              })}
            </ul>
            {looked && <Decide works={looked} close={() => setLooked(null)} done={done} />}
          </section>
        )
      }
    </Loaded>
  );
}

function Decide({ works, close, done }: { works: Work[]; close: () => void; done: () => void }) {
  const decide = async (decision: "accept" | "decline", note: string, key: string) => {
    await post("/recorded-work/decide", { op_ids: works.map((one) => one.op_id), decision, note }, key);
    done();
  };
  return (
    <Dialog title={`${say("workBy")} ${works[0]?.technician ?? ""}`} close={close}>
      <ol class="recorded">
        {works.map((one) => (
          <li key={one.op_id}>
            {word("op", one.kind)}
            <div class="soft">
              {[moment(one.recorded_at ?? one.at), details((one.sent as { body?: object } | null)?.body)]
                .filter(Boolean)
                .join(" · ")}
            </div>
          </li>
        ))}
      </ol>
      <Form button={say("accept")} submit={(_, key) => decide("accept", "", key)} />
      <Form button={say("decline")} tone="bad" submit={(given, key) => decide("decline", given.note ?? "", key)}>
        <Field label={say("declineWhy")}>{(id) => <input id={id} name="note" required maxLength={500} />}</Field>
      </Form>
    </Dialog>
  );
}

/** What a command holds in one line, without ids and moments. */
function details(body: object | undefined): string {
  return Object.entries(body ?? {})
    .filter(([name]) => !/_id$|^(id|at|lines|collection|signature)$|_at$/.test(name))
    .filter(([, value]) => ["string", "number"].includes(typeof value) && value !== "")
    .map(([, value]) => word("said", String(value)))
    .join(" · ");
}
