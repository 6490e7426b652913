/** What every rule said of a claim, then and now, with what it looked at. */

import { get } from "../core/api";
import { useLoad } from "../core/loading";
import { Outcome } from "../parts/claims";
import { Loaded } from "../parts/states";
import { Table } from "../parts/table";
import { language, say, word } from "../words/words";

export function RulesOfClaim({ id }: { id: string }) {
  const load = useLoad(() => Promise.all([get("/claims/{id}/rules", null, { id }), get("/rules")]), [id]);
  return (
    <section aria-labelledby="rules">
      <h2 id="rules">{say("rules.outcome")}</h2>
      <Loaded of={load}>
        {([replay, book]) => {
          const says = new Map(
            book.rules.map((rule) => [rule.id, language.value === "zh" ? rule.decides_zh : rule.decides]),
          );
          return (
            <Table
              caption={say("rules.outcome")}
              rows={replay.rules}
              keyOf={(rule) => rule.rule}
              columns={[
                {
                  head: say("rule"),
                  lead: true,
                  cell: (rule) => (
                    <>
                      {rule.rule} <span class="soft">{says.get(rule.rule)}</span>
                    </>
                  ),
                },
                { head: say("outcome"), cell: (rule) => <Outcome group="outcome" code={rule.stored} /> },
                { head: say("reason"), cell: (rule) => (rule.reason ? word("reason", rule.reason) : "") },
                { head: say("inputs"), cell: (rule) => <Inputs of={rule.inputs ?? {}} /> },
                {
                  head: say("outcome.now"),
                  cell: (rule) =>
                    rule.note === "same" ? (
                      <span class="soft">{word("replay", rule.note)}</span>
                    ) : (
                      <>
                        <Outcome group="outcome" code={rule.replayed} /> {word("replay", rule.note)}
                      </>
                    ),
                },
              ]}
            />
          );
        }}
      </Loaded>
    </section>
  );
}

/** What a rule looked at, as name and value. */
export function Inputs({ of }: { of: Record<string, unknown> }) {
  return (
    <ul class="inputs">
      {Object.entries(of).map(([name, value]) => (
        <li key={name}>
          <span class="soft">{name.replaceAll("_", " ")}</span>{" "}
          {typeof value === "string" ? value : JSON.stringify(value)}
        </li>
      ))}
    </ul>
  );
}
