/** The partners, with their grade; a manager suspends one, and lets it work again. */

import { get, post } from "../core/api";
import { usePages } from "../core/loading";
import { is, MANAGING } from "../core/session";
import { AskForm } from "../parts/ask";
import { ReasonField } from "../parts/form";
import { Listed, State } from "../parts/states";
import { Table } from "../parts/table";
import { say } from "../words/words";

export function Partners() {
  const partners = usePages((cursor) => get("/partners", { cursor, limit: 100 }), []);
  return (
    <section aria-labelledby="partners">
      <h2 id="partners">{say("partners")}</h2>
      <Listed of={partners} none={say("partners.none")}>
        {(rows) => (
          <Table
            caption={say("partners")}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
              { head: say("partner"), lead: true, cell: (one) => one.name },
              { head: say("code"), cell: (one) => one.code },
              { head: say("grade"), cell: (one) => one.grade },
              { head: say("region"), cell: (one) => one.region },
              { head: "", cell: (one) => !one.active && <State tone="bad">{say("suspended")}</State> },
              {
                head: "",
                cell: (one) => is(MANAGING) && <Change id={one.id} isActive={one.active} done={partners.again} />,
              },
            ]}
          />
        )}
      </Listed>
    </section>
  );
}

function Change({ id: partner_id, isActive, done }: { id: string; isActive: boolean; done: () => void }) {
  return (
    <AskForm
      button={say(isActive ? "suspend" : "resume")}
      plain
      small
      {...(isActive ? { tone: "bad" } : {})}
      submit={({ reason = "" }, key) =>
        isActive
          ? post("/partners/suspend", { partner_id, reason }, key)
          : post("/partners/resume", { partner_id, reason }, key)
      }
      done={done}
    >
      <p class="soft">{say(isActive ? "suspend.means" : "resume.means")}</p>
      <ReasonField />
    </AskForm>
  );
}
