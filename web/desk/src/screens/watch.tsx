/** What the watch saw: alerts and what was done about them, locked partners, honey serials. */

import { get, post } from "../core/api";
import { usePages } from "../core/loading";
import { filter, place } from "../core/router";
import { is, MANAGING, REVIEWING } from "../core/session";
import { Ask } from "../parts/ask";
import { Field, Form, Select } from "../parts/form";
import { partnerName, partners } from "../parts/names";
import { tell } from "../parts/notice";
import { Listed, State } from "../parts/states";
import { Table } from "../parts/table";
import { moment } from "../words/format";
import { say, word } from "../words/words";
import { Inputs } from "./rules-of-claim";

export function Alerts() {
  const shown = place.value.filters.shown ?? "";
  const pages = usePages(
    (cursor) => get("/alerts", { cursor, limit: 50, ...(shown === "all" ? {} : { waiting: true }) }),
    [shown],
  );
  return (
    <>
      <h1>{say("alerts")}</h1>
      <div class="tools">
        <Field label={say("shown")}>
          {(id) => (
            <Select
              id={id}
              value={shown}
              change={(one) => filter({ shown: one })}
              options={[
                ["", say("alerts.waiting")],
                ["all", say("all")],
              ]}
            />
          )}
        </Field>
        {is(MANAGING) && <Unlock done={pages.again} />}
      </div>
      <Listed of={pages} none={say("alerts.none")}>
        {(rows) => (
          <Table
            caption={say("alerts")}
            rows={rows}
            keyOf={(alert) => alert.id}
            columns={[
              { head: say("when.at"), lead: true, cell: (alert) => moment(alert.at) },
              { head: say("what"), cell: (alert) => <State tone="warn">{word("alert", alert.kind)}</State> },
              { head: say("partner"), cell: (alert) => partnerName(alert.partner_id) || "–" },
              { head: say("facts"), cell: (alert) => <Inputs of={alert.facts as Record<string, unknown>} /> },
              {
                head: say("handled"),
                cell: (alert) =>
                  alert.handled_at ? (
                    <>
                      {alert.note} <span class="soft">{moment(alert.handled_at)}</span>
                    </>
                  ) : (
                    is([...REVIEWING, ...MANAGING]) && <Handle id={alert.id} done={pages.again} />
                  ),
              },
            ]}
          />
        )}
      </Listed>
      {is(MANAGING) && <HoneySerials />}
    </>
  );
}

function Handle({ id: alert_id, done }: { id: string; done: () => void }) {
  return (
    <Ask button={say("handle")} title={say("handle")} plain small>
      {(close) => (
        <Form
          button={say("save")}
          submit={async (given, key) => {
            await post("/alerts/handle", { alert_id, note: given.note ?? "" }, key);
            close();
            done();
          }}
        >
          <Field label={say("handled.how")}>
            {(id) => <input id={id} name="note" required minLength={3} maxLength={500} />}
          </Field>
        </Form>
      )}
    </Ask>
  );
}

function Unlock({ done }: { done: () => void }) {
  return (
    <Ask button={say("unlock")} title={say("unlock")} plain>
      {(close) => (
        <Form
          button={say("unlock")}
          submit={async (given, key) => {
            await post("/partners/unlock", { partner_id: given.partner ?? "", reason: given.reason ?? "" }, key);
            close();
            done();
            tell(say("unlocked"));
          }}
        >
          <Field label={say("partner")}>
            {(id) => (
              <select id={id} name="partner" required>
                {partners.value.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={say("reason")}>
            {(id) => <input id={id} name="reason" required minLength={3} maxLength={500} />}
          </Field>
        </Form>
      )}
    </Ask>
  );
}

function HoneySerials() {
  const pages = usePages((cursor) => get("/honey-serials", { cursor, limit: 100 }), []);
  return (
    <section aria-labelledby="honey">
      <h2 id="honey">{say("honey")}</h2>
      <p class="actions">
        <Ask button={say("honey.add")} title={say("honey.add")} plain>
          {(close) => (
            <Form
              button={say("save")}
              submit={async (given, key) => {
                await post("/honey-serials", { serial: given.serial ?? "", note: given.note ?? "" }, key);
                close();
                pages.again();
              }}
            >
              <Field label={say("serial")}>{(id) => <input id={id} name="serial" required maxLength={128} />}</Field>
              <Field label={say("note")}>
                {(id) => <input id={id} name="note" required minLength={3} maxLength={200} />}
              </Field>
            </Form>
          )}
        </Ask>
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
                  <Ask button={say("remove")} title={say("remove")} plain small>
                    {(close) => (
                      <Form
                        button={say("remove")}
                        tone="bad"
                        submit={async (given, key) => {
                          const body = { serial: one.serial_key, reason: given.reason ?? "" };
                          await post("/honey-serials/remove", body, key);
                          close();
                          pages.again();
                        }}
                      >
                        <Field label={say("reason")}>
                          {(id) => <input id={id} name="reason" required minLength={3} maxLength={500} />}
                        </Field>
                      </Form>
                    )}
                  </Ask>
                ),
              },
            ]}
          />
        )}
      </Listed>
    </section>
  );
}
