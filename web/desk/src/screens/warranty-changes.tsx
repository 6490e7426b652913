/** Changes of a claimed unit's cover, which a second person approves or declines. */

import { get, post } from "../core/api";
import { usePages } from "../core/loading";
import { DISPATCHING, is, me } from "../core/session";
import { Ask } from "../parts/ask";
import { Field, Form } from "../parts/form";
import { Listed, State } from "../parts/states";
import { Table } from "../parts/table";
import { moment } from "../words/format";
import { say, word } from "../words/words";

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
                        <State tone={change.decision === "approve" ? "good" : "bad"}>
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
  return (
    <Ask button={say("decide")} title={say("decide")} plain small>
      {(close) => {
        const decide = (decision: "approve" | "decline") => async (given: Record<string, string>, key: string) => {
          await post("/warranty-changes/decide", { change_id, decision, reason: given.reason ?? "" }, key);
          close();
          done();
        };
        return (["approve", "decline"] as const).map((decision) => (
          <Form
            key={decision}
            button={say(`change.do.${decision}`)}
            {...(decision === "decline" ? { tone: "bad" as const } : {})}
            submit={decide(decision)}
          >
            <Field label={say("reason")}>
              {(id) => <input id={id} name="reason" required minLength={3} maxLength={500} />}
            </Field>
          </Form>
        ));
      }}
    </Ask>
  );
}
