/** The messages that went to webhooks, every attempt to deliver them, and sending one again. */

import { useState } from "preact/hooks";
import { get, post, type Shape } from "../core/api";
import { usePages } from "../core/loading";
import { tell } from "../parts/notice";
import { Listed, State } from "../parts/states";
import { Table } from "../parts/table";
import { moment, number } from "../words/format";
import { say, whyOf, word } from "../words/words";

type Message = Shape<"MessageLine">;

const TONES: Record<string, string> = { delivered: "good", failed: "bad" };

export function Messages() {
  const pages = usePages((cursor) => get("/webhooks/messages", { cursor, limit: 25 }), []);
  return (
    <section aria-labelledby="messages">
      <div class="between">
        <h2 id="messages">{say("messages")}</h2>
        <button type="button" class="plain small" onClick={pages.again}>
          {say("messages.again")}
        </button>
      </div>
      <Listed of={pages} none={say("messages.none")}>
        {(rows) => (
          <Table
            caption={say("messages")}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
              { head: say("when.at"), lead: true, cell: (one) => moment(one.created_at) },
              { head: say("webhook.events"), cell: (one) => <Content of={one} /> },
              {
                head: say("state"),
                cell: (one) => <State tone={TONES[one.state] ?? "wait"}>{word("message.state", one.state)}</State>,
              },
              { head: say("attempts"), cell: (one) => <Attempts of={one} /> },
              { head: say("next.at"), cell: (one) => (one.next_at ? moment(one.next_at) : "–") },
              { head: "", cell: (one) => <Replay id={one.id} done={pages.again} /> },
            ]}
          />
        )}
      </Listed>
    </section>
  );
}

function Content({ of }: { of: Message }) {
  return (
    <details>
      <summary>{word("event", of.event)}</summary>
      <code class="serial">{of.body}</code>
    </details>
  );
}

function Attempts({ of }: { of: Message }) {
  if (!of.attempts.length) return "–";
  return (
    <ul>
      {of.attempts.map((attempt) => (
        <li key={attempt.at}>
          {moment(attempt.at)} {attempt.status ?? attempt.error}{" "}
          <span class="soft">{number(attempt.milliseconds)} ms</span>
        </li>
      ))}
    </ul>
  );
}

function Replay({ id, done }: { id: string; done: () => void }) {
  const [isBusy, setBusy] = useState(false);
  const replay = async () => {
    setBusy(true);
    try {
      await post("/webhooks/messages/{id}/replay", {} as never, crypto.randomUUID(), { id });
      tell(say("message.replayed"));
      done();
    } catch (refused) {
      tell(whyOf(refused));
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type="button" class="plain small" disabled={isBusy} onClick={() => void replay()}>
      {say("message.replay")}
    </button>
  );
}
