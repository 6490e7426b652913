/** What every rule said of a claim, then and now, with what it looked at; those that found something come first. */

import { get, type Shape } from "../core/api";
import { useLoad } from "../core/loading";
import { Outcome } from "../parts/claims";
import { Loaded } from "../parts/states";
import { type Column, Table } from "../parts/table";
import { factsIn } from "../words/facts";
import { language, say, word } from "../words/words";

type Rule = Shape<"RuleOutcome">;

const QUIET = ["passed", "off", "not-judged"];

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
          const [found, quiet] = [false, true].map((wanted) =>
            replay.rules.filter((rule) => (QUIET.includes(rule.stored) && rule.note !== "different") === wanted),
          ) as [Rule[], Rule[]];
          return (
            <>
              {found.length > 0 && (
                <Table caption={say("rules.outcome")} rows={found} keyOf={ruleId} columns={columns(says, true)} />
              )}
              <details>
                <summary>{say("rules.passed", { n: quiet.length })}</summary>
                <Table
                  caption={say("rules.passed", { n: quiet.length })}
                  rows={quiet}
                  keyOf={ruleId}
                  columns={columns(says, false)}
                />
              </details>
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

const ruleId = (rule: Rule) => rule.rule;

function columns(says: ReadonlyMap<string, string>, hasFound: boolean): Column<Rule>[] {
  return [
    { head: say("rule"), lead: true, cell: ruleId },
    { head: say("decides"), cell: (rule) => says.get(rule.rule) ?? "" },
    { head: say("outcome"), cell: (rule) => <Outcome group="outcome" code={rule.stored} /> },
    ...(hasFound
      ? [
          { head: say("reason"), cell: (rule: Rule) => (rule.reason ? word("reason", rule.reason) : "") },
          { head: say("inputs"), cell: (rule: Rule) => <Inputs of={rule.inputs ?? {}} /> },
        ]
      : []),
    {
      head: say("outcome.now"),
      cell: (rule) => (
        <>
          {rule.note !== "same" && <Outcome group="outcome" code={rule.replayed} />} {word("replay", rule.note)}
        </>
      ),
    },
  ];
}

/** What a rule looked at, as name and value. */
export function Inputs({ of }: { of: Record<string, unknown> }) {
  return (
    <ul class="inputs">
      {factsIn(of).map(([name, value]) => (
        <li key={name}>
          <span class="soft">{name}</span> {value}
        </li>
      ))}
    </ul>
  );
}
