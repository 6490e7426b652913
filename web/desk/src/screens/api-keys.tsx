/** API keys of a partner's systems: made and revoked by its office. */

import { get, post } from "../core/api";
import { usePages } from "../core/loading";
import { is, PARTNER } from "../core/session";
import { AskForm } from "../parts/ask";
import { Field } from "../parts/form";
import { partnerColumn } from "../parts/names";
import { Listed, State } from "../parts/states";
import { Table } from "../parts/table";
import { moment, number } from "../words/format";
import { say } from "../words/words";

export function Keys({ told }: { told: (secret: string) => void }) {
  const pages = usePages((cursor) => get("/api-keys", { cursor, limit: 50 }), []);
  return (
    <section aria-labelledby="keys">
      <h2 id="keys">{say("api.keys")}</h2>
      {is(PARTNER) && (
        <p class="actions">
          <AskForm
            button={say("api.make")}
            plain
            submit={({ name = "", per_minute }, key) =>
              post("/api-keys", { name, per_minute: Number(per_minute) }, key)
            }
            done={(made) => {
              pages.again();
              told(made.key);
            }}
          >
            <Field label={say("name")}>{(id) => <input id={id} name="name" required maxLength={80} />}</Field>
            <Field label={say("per.minute")}>
              {(id) => <input id={id} name="per_minute" type="number" min={1} max={1200} required defaultValue="120" />}
            </Field>
          </AskForm>
        </p>
      )}
      <Listed of={pages} none={say("api.none")}>
        {(rows) => (
          <Table
            caption={say("api.keys")}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
              { head: say("name"), lead: true, cell: (one) => one.name },
              ...partnerColumn<(typeof rows)[number]>(),
              { head: say("per.minute"), number: true, cell: (one) => number(one.per_minute) },
              { head: say("made.at"), cell: (one) => moment(one.created_at) },
              { head: say("used.at"), cell: (one) => (one.last_used_at ? moment(one.last_used_at) : say("never")) },
              {
                head: say("state"),
                cell: (one) =>
                  one.revoked_at ? (
                    <State tone="bad">{say("revoked")}</State>
                  ) : (
                    <AskForm
                      button={say("revoke")}
                      title={`${say("revoke")}: ${one.name}`}
                      plain
                      small
                      tone="bad"
                      submit={(_, key) => post("/api-keys/revoke", { key_id: one.id }, key)}
                      done={pages.again}
                    >
                      <p>{say("revoke.sure")}</p>
                    </AskForm>
                  ),
              },
            ]}
          />
        )}
      </Listed>
    </section>
  );
}
