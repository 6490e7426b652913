/** Honey serials: whoever names one of them has guessed; the fewer people know them, the better. */

import { get, post } from "../core/api";
import { usePages } from "../core/loading";
import { AskForm } from "../parts/ask";
import { Field, ReasonField } from "../parts/form";
import { Listed } from "../parts/states";
import { Table } from "../parts/table";
import { moment } from "../words/format";
import { say } from "../words/words";

export function HoneySerials() {
  const pages = usePages((cursor) => get("/honey-serials", { cursor, limit: 100 }), []);
  return (
    <section aria-labelledby="honey">
      <h2 id="honey">{say("honey")}</h2>
      <p class="actions">
        <AskForm
          button={say("honey.add")}
          does={say("save")}
          plain
          submit={(given, key) => post("/honey-serials", { serial: given.serial ?? "", note: given.note ?? "" }, key)}
          done={pages.again}
        >
          <Field label={say("serial")}>{(id) => <input id={id} name="serial" required maxLength={128} />}</Field>
          <Field label={say("note")}>
            {(id) => <input id={id} name="note" required minLength={3} maxLength={200} />}
          </Field>
        </AskForm>
      </p>
      <Listed of={pages} none={say("honey.none")}>
        {(rows) => (
          <Table
            caption={say("honey")}
            rows={rows}
            keyOf={(one) => one.serial_key}
            columns={[
              { head: say("serial"), lead: true, cell: (one) => <span class="serial">{one.serial_key}</span> },
              { head: say("note"), cell: (one) => one.note },
              { head: say("when.at"), cell: (one) => moment(one.added_at) },
              {
                head: "",
                cell: (one) => (
                  <AskForm
                    button={say("remove")}
                    title={`${say("remove")}: ${one.serial_key}`}
                    plain
                    small
                    tone="bad"
                    submit={({ reason = "" }, key) =>
                      post("/honey-serials/remove", { serial: one.serial_key, reason }, key)
                    }
                    done={pages.again}
                  >
                    <ReasonField />
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
