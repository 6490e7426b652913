/** Claims and money by rule, partner and month: what was stopped and what was paid. */

import { type Got, get, type Shape } from "../core/api";
import { useLoad } from "../core/loading";
import { filter, place } from "../core/router";
import { Bars, Legend, Lines, type Series } from "../parts/chart";
import { Choice } from "../parts/filters";
import { Field } from "../parts/form";
import { Empty, Loaded } from "../parts/states";
import { Table } from "../parts/table";
import { money, number, today } from "../words/format";
import { language, perhaps, say, word } from "../words/words";

type Line = Shape<"FigureLine">;
type By = "rule" | "partner" | "month";

/** Beside by rule, which is usual. */
const BYS: readonly By[] = ["partner", "month"];

function yearAgo(): string {
  const day = today();
  return `${Number(day.slice(0, 4)) - 1}${day.slice(4)}`.replace("-02-29", "-02-28");
}

export function Figures() {
  const { by: chosen = "", from = yearAgo(), to = today() } = place.value.filters;
  const by = (chosen || "rule") as By;
  const load = useLoad(() => Promise.all([get("/figures/claims", { from, to, by }), get("/rules")]), [by, from, to]);
  return (
    <>
      <h1>{say("figures")}</h1>
      <div class="tools">
        <Choice
          name="by"
          label={say("figures.by")}
          none={word("by", "rule")}
          options={BYS.map((one) => [one, word("by", one)])}
        />
        <Field label={say("from")}>
          {(id) => (
            <input id={id} type="date" value={from} onChange={(event) => filter({ from: event.currentTarget.value })} />
          )}
        </Field>
        <Field label={say("to")}>
          {(id) => (
            <input id={id} type="date" value={to} onChange={(event) => filter({ to: event.currentTarget.value })} />
          )}
        </Field>
      </div>
      <Loaded of={load}>
        {([{ lines, up_to_date }, { rules }]) => (
          <>
            {!up_to_date && <p class="soft">{say("figures.counting")}</p>}
            {lines.length === 0 && <Empty>{say("figures.none")}</Empty>}
            {currencies(lines).map((currency) => (
              <OfCurrency
                key={currency}
                by={by}
                rules={rules}
                currency={currency}
                lines={lines.filter((one) => one.currency === currency)}
              />
            ))}
          </>
        )}
      </Loaded>
    </>
  );
}

/** Money of two currencies is never added up. */
function currencies(lines: readonly Line[]): string[] {
  return [...new Set(lines.map((one) => one.currency))].sort();
}

function nameOf(by: By, line: Line): string {
  return by === "rule" ? (perhaps(`rule.${line.key}`) ?? line.key) : line.name || line.key;
}

function decides(rule: { decides: string; decides_zh: string } | undefined): string {
  return (language.value === "zh" ? rule?.decides_zh : rule?.decides) ?? "";
}

function OfCurrency({
  by,
  currency,
  lines,
  rules,
}: {
  by: By;
  currency: string;
  lines: readonly Line[];
  rules: Got<"/rules">["rules"];
}) {
  const series: Series[] = [
    { name: say("money.stopped"), tone: "bad", values: lines.map((one) => one.stopped_minor) },
    { name: say("money.review"), tone: "wait", values: lines.map((one) => one.in_review_minor) },
    { name: say("money.granted"), tone: "soft", values: lines.map((one) => one.granted_minor) },
    { name: say("money.paid"), tone: "good", values: lines.map((one) => one.paid_minor) },
  ];
  const labels = lines.map((one) => nameOf(by, one));
  const shown = (minor: number) => money(Math.round(minor), currency);
  const title = `${say("figures")}: ${word("by", by)}${currency && `, ${currency}`}`;
  return (
    <section aria-label={title}>
      <div class="card">
        <Legend series={series} />
        {by === "month" && lines.length > 1 ? (
          <Lines title={title} labels={labels} series={series} shown={shown} />
        ) : (
          <Bars title={title} labels={labels} series={series} shown={shown} />
        )}
      </div>
      <Table
        caption={title}
        rows={lines}
        keyOf={(one) => one.key}
        columns={[
          {
            head: word("by", by),
            lead: true,
            cell: (one) => (
              <>
                {nameOf(by, one)}
                {by === "rule" && <div class="soft">{decides(rules.find((rule) => rule.id === one.key))}</div>}
              </>
            ),
          },
          { head: say("claims"), number: true, cell: (one) => number(one.claims) },
          { head: say("at.once"), number: true, cell: (one) => number(one.at_once_claims) },
          { head: say("asked"), number: true, cell: (one) => money(one.asked_minor, currency) },
          { head: say("money.stopped"), number: true, cell: (one) => money(one.stopped_minor, currency) },
          { head: say("money.review"), number: true, cell: (one) => money(one.in_review_minor, currency) },
          { head: say("money.granted"), number: true, cell: (one) => money(one.granted_minor, currency) },
          { head: say("money.paid"), number: true, cell: (one) => money(one.paid_minor, currency) },
        ]}
      />
    </section>
  );
}
