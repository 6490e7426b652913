/** Prints the reports of some days, those that are ticked, into one file. */

import { useState } from "preact/hooks";
import { get, type Shape } from "../core/api";
import { Field, Form, type Given, Select } from "../parts/form";
import { choices, technicians } from "../parts/names";
import { PRINTS_AT_MOST, print } from "../parts/printing";
import { allOf, Ticks } from "../parts/ticks";
import { dayFrom, moment, momentOf, today } from "../words/format";
import { say } from "../words/words";

type Line = Shape<"ReportLine">;

const PAGE = 200;
const DAYS_USUAL = 6;

/** The reports of the visits that were completed on these days, the first thousand of them. */
async function reportsOf({ from = "", to = "", technician }: Given): Promise<Line[]> {
  const asked = {
    from: momentOf(`${from}T00:00`),
    to: momentOf(`${dayFrom(new Date(`${to}T00:00`), 1)}T00:00`),
    limit: PAGE,
  };
  const found: Line[] = [];
  let cursor = "";
  do {
    const page = await get("/reports", { ...asked, technician_id: technician || null, cursor });
    found.push(...page.items);
    cursor = page.next ?? "";
  } while (cursor && found.length < PRINTS_AT_MOST);
  return found.slice(0, PRINTS_AT_MOST);
}

export function PrintReports({ done }: { done: () => void }) {
  const [found, setFound] = useState<Line[]>([]);
  const find = async (given: Given) => {
    setFound([]);
    const lines = await reportsOf(given);
    if (lines.length === 0) throw new Error(say("papers.noReports"));
    setFound(lines);
  };
  return (
    <section class="card">
      <h2>{say("print.reports")}</h2>
      <p class="soft">{say("papers.reports.hint")}</p>
      <Form button={say("papers.find")} tone="plain" submit={find}>
        <div class="fields">
          <Field label={say("technician")}>
            {(id) => (
              <Select
                id={id}
                name="technician"
                options={[["", say("papers.everybody")], ...choices(technicians.value)]}
              />
            )}
          </Field>
          <Field label={say("papers.from")}>
            {(id) => <input id={id} name="from" type="date" required defaultValue={dayFrom(new Date(), -DAYS_USUAL)} />}
          </Field>
          <Field label={say("papers.to")}>
            {(id) => <input id={id} name="to" type="date" required defaultValue={today()} />}
          </Field>
        </div>
      </Form>
      {found.length > 0 && <Chosen key={found[0]?.visit_id} of={found} done={done} />}
    </section>
  );
}

function Chosen({ of, done }: { of: readonly Line[]; done: () => void }) {
  const options = of.map((one) => [one.visit_id, told(one)] as const);
  const [ticked, setTicked] = useState(() => allOf(options));
  const submit = async (_: Given, key: string) => {
    const ids = of.map((one) => one.visit_id).filter((id) => ticked.has(id));
    if (ids.length === 0) throw new Error(say("ticks.none"));
    await print({ what: "reports", form: "zip", ids }, key);
    done();
  };
  return (
    <Form button={say("papers.print")} submit={submit}>
      {of.length === PRINTS_AT_MOST && <p class="notice">{say("papers.first", { n: PRINTS_AT_MOST })}</p>}
      <Ticks label={say("print.reports")} of={options} ticked={ticked} change={setTicked} />
    </Form>
  );
}

const told = (one: Line) =>
  [one.report_number, one.job_number, one.customer_name, one.technician, moment(one.completed_at)].join(" · ");
