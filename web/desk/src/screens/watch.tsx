/** What the watch saw: alerts and what was done about them, and unlocking a partner. */

import { get, post } from "../core/api";
import { usePages } from "../core/loading";
import { place } from "../core/router";
import { is, MANAGING, REVIEWING } from "../core/session";
import { AskForm } from "../parts/ask";
import { Choice } from "../parts/filters";
import { Field, ReasonField, Select } from "../parts/form";
import { choices, partnerName, partners } from "../parts/names";
import { tell } from "../parts/notice";
import { Listed, State } from "../parts/states";
import { Table } from "../parts/table";
import { moment } from "../words/format";
import { say, word } from "../words/words";
import { HoneySerials } from "./honey-serials";
import { Inputs } from "./rules-of-claim";
import { WatchLimits } from "./watch-limits";

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
        <Choice name="shown" label={say("shown")} options={[["all", say("all")]]} none={say("alerts.waiting")} />
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
      {is(MANAGING) && (
        <>
          <HoneySerials />
          <WatchLimits />
        </>
      )}
    </>
  );
}

function Handle({ id: alert_id, done }: { id: string; done: () => void }) {
  return (
    <AskForm
      button={say("handle")}
      does={say("save")}
      plain
      small
      submit={(given, key) => post("/alerts/handle", { alert_id, note: given.note ?? "" }, key)}
      done={done}
    >
      <Field label={say("handled.how")}>
        {(id) => <input id={id} name="note" required minLength={3} maxLength={500} />}
      </Field>
    </AskForm>
  );
}

function Unlock({ done }: { done: () => void }) {
  return (
    <AskForm
      button={say("unlock")}
      plain
      submit={({ partner = "", reason = "" }, key) => post("/partners/unlock", { partner_id: partner, reason }, key)}
      done={() => {
        done();
        tell(say("unlocked"));
      }}
    >
      <Field label={say("partner")}>
        {(id) => <Select id={id} name="partner" required options={choices(partners.value)} />}
      </Field>
      <ReasonField />
    </AskForm>
  );
}
