/** Changes of a claimed unit's cover, which a second person approves or declines. */

import { useState } from "preact/hooks";
import { get, post } from "../core/api";
import { usePages } from "../core/loading";
import { DISPATCHING, is, me } from "../core/session";
import { AskForm } from "../parts/ask";
import { ReasonField, Segments } from "../parts/form";
import { Listed, State } from "../parts/states";
import { Table } from "../parts/table";
import { moment } from "../words/format";
import { say, word } from "../words/words";

const DECISIONS = ["approve", "decline"] as const;

type Facts = Record<string, unknown>;

export function WarrantyChanges() {
  const pages = usePages((cursor) => get("/warranty-changes", { cursor, limit: 50 }), []);
  return (
    <>
      <h1>{say("changes")}</h1>
      <Listed of={pages} none={say("changes.none")}>
        {(rows) => (
          <Table
            caption={say("changes")}
            rows={rows}
            keyOf={(change) => change.id}
            columns={[
              { head: say("serial"), lead: true, cell: (change) => <span class="serial">{change.serial}</span> },
              {
                head: say("what"),
                cell: (change) => <Differences before={change.before as Facts} after={change.after as Facts} />,
              },
              { head: say("reason"), cell: (change) => change.reason },
              { head: say("asked.at"), cell: (change) => moment(change.requested_at) },
              {
                head: say("decision"),
                cell: (change) => {
                  if (change.decision)
                    return (
                      <>
                        <State tone={change.decision === "approved" ? "good" : "bad"}>
                          {word("change", change.decision)}
                        </State>{" "}
                        {change.note}
                      </>
                    );
                  if (change.requested_by === me.value?.account_id) return say("change.yours");
                  return is(DISPATCHING) && <Decide id={change.id} done={pages.again} />;
                },
              },
            ]}
          />
        )}
      </Listed>
    </>
  );
}

function Differences({ before, after }: { before: Facts; after: Facts }) {
  return (
    <ul>
      {Object.keys(after)
        .filter((name) => after[name] !== before[name])
        .map((name) => (
          <li key={name}>
            <span class="soft">{word("cover-fact", name)}</span> <del>{String(before[name] ?? "–")}</del>{" "}
            <ins>{String(after[name] ?? "–")}</ins>
          </li>
        ))}
    </ul>
  );
}

function Decide({ id: change_id, done }: { id: string; done: () => void }) {
  const [decision, setDecision] = useState<(typeof DECISIONS)[number]>("approve");
  return (
    <AskForm
      button={say("decide")}
      does={say(`change.do.${decision}`)}
      plain
      small
      submit={({ reason = "" }, key) => post("/warranty-changes/decide", { change_id, decision, reason }, key)}
      done={done}
    >
      <Segments
        label={say("decision")}
        options={DECISIONS.map((one) => [one, say(`change.${one}`)])}
        value={decision}
        change={setDecision}
      />
      <ReasonField />
    </AskForm>
  );
}
