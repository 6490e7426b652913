/** The warranty programmes, and which models go by which; managers add one and give models to it. */

import { get, post, type Shape } from "../core/api";
import { usePages } from "../core/loading";
import { hashOf, place } from "../core/router";
import { is, MANAGING } from "../core/session";
import { AskForm } from "../parts/ask";
import { Search } from "../parts/filters";
import { Field, ReasonField, Select } from "../parts/form";
import { Listed } from "../parts/states";
import { Table } from "../parts/table";
import { number } from "../words/format";
import { language, say } from "../words/words";

type Programme = Shape<"ProgrammeLine">;

export function Programmes() {
  const pages = usePages((cursor) => get("/programmes", { cursor, limit: 100 }), []);
  return (
    <>
      <h1>{say("programmes")}</h1>
      {is(MANAGING) && (
        <p class="actions">
          <AskForm
            button={say("programme.add")}
            plain
            submit={({ code = "", name = "" }, key) => post("/programmes", { code, name }, key)}
            done={pages.again}
          >
            <Field label={say("code")}>
              {(id) => <input id={id} name="code" required maxLength={64} pattern="[A-Za-z0-9][A-Za-z0-9._\/+\-]*" />}
            </Field>
            <Field label={say("name")}>{(id) => <input id={id} name="name" required maxLength={200} />}</Field>
          </AskForm>
        </p>
      )}
      <Listed of={pages} none={say("programmes.none")}>
        {(rows) => (
          <>
            <Table<Programme>
              caption={say("programmes")}
              rows={rows}
              keyOf={(one) => one.id}
              columns={[
                { head: say("code"), lead: true, cell: (one) => <a href={hashOf("programme", one.id)}>{one.code}</a> },
                { head: say("name"), cell: (one) => one.name },
                { head: say("models"), number: true, cell: (one) => number(one.models) },
              ]}
            />
            <Models programmes={rows} changed={pages.again} />
          </>
        )}
      </Listed>
    </>
  );
}

function Models({ programmes, changed }: { programmes: readonly Programme[]; changed: () => void }) {
  const { search = "" } = place.value.filters;
  const pages = usePages((cursor) => get("/programmes/models", { cursor, limit: 100, search }), [search]);
  const nameOf = (id: string | null) => programmes.find((one) => one.id === id)?.code ?? say("programme.none");
  return (
    <section aria-labelledby="models">
      <h2 id="models">{say("programme.models")}</h2>
      <div class="tools">
        <Search name="search" label={say("programme.model")} maxLength={200} />
      </div>
      <Listed of={pages} none={say("programme.models.none")}>
        {(rows) => (
          <Table
            caption={say("programme.models")}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
              { head: say("programme.model"), lead: true, cell: (one) => one.code },
              { head: say("name"), cell: (one) => (language.value === "zh" && one.name_zh) || one.name },
              { head: say("product.line"), cell: (one) => one.product_line },
              { head: say("programme"), cell: (one) => nameOf(one.programme_id) },
              {
                head: "",
                cell: (one) =>
                  is(MANAGING) && (
                    <AskForm
                      button={say("programme.assign")}
                      title={`${say("programme.assign")}: ${one.code}`}
                      plain
                      small
                      submit={({ programme, reason = "" }, key) =>
                        post("/programmes/assign", { model_id: one.id, programme_id: programme || null, reason }, key)
                      }
                      done={() => {
                        pages.again();
                        changed();
                      }}
                    >
                      <p>{say("programme.assign.sure")}</p>
                      <Field label={say("programme")}>
                        {(id) => (
                          <Select
                            id={id}
                            name="programme"
                            value={one.programme_id ?? ""}
                            options={[
                              ["", say("programme.none")],
                              ...programmes.map((programme) => [programme.id, programme.code] as const),
                            ]}
                          />
                        )}
                      </Field>
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
