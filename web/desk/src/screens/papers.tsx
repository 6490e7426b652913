/** Papers: job sheets of a day, labels for machines and for returned parts, and what became of each print. */

import { useEffect, useState } from "preact/hooks";
import { get, type Shape } from "../core/api";
import { type Pages, usePages } from "../core/loading";
import { DISPATCHING, is, OFFICE, PARTNER } from "../core/session";
import { Field, Form, type Given, Select } from "../parts/form";
import { choices, technicians } from "../parts/names";
import { PRINTS_AT_MOST, print, type Wanted } from "../parts/printing";
import { Listed, State } from "../parts/states";
import { Table } from "../parts/table";
import { allOf, Ticks } from "../parts/ticks";
import { moment, number, today } from "../words/format";
import { language, say, word } from "../words/words";
import { FindSheet } from "./key-in";
import { PrintReports } from "./print-reports";

type Progress = Shape<"PrintProgress">;

const LABELLING = [...DISPATCHING, "parts_manager"] as const;
const FORMS = ["sheet", "roll", "zpl"] as const;
const TONES: Record<string, string> = { waiting: "wait", running: "wait", done: "good", failed: "bad" };
const PAGE = 200;
const ASK_AGAIN_MS = 2_000;

export function Papers() {
  return is(OFFICE) ? <OfficePapers /> : <OwnSheets />;
}

/** What a partner's office prints: the job sheets of its technicians, at once. */
function OwnSheets() {
  return (
    <>
      <h1>{say("papers")}</h1>
      <JobSheets done={() => {}} />
    </>
  );
}

function OfficePapers() {
  const pages = usePages((cursor) => get("/print-jobs", { cursor, limit: 25 }), []);
  const isPrinting = (pages.data ?? []).some((one) => one.finished_at === null);
  useEffect(() => {
    if (!isPrinting) return;
    const timer = setInterval(pages.again, ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [isPrinting]);
  return (
    <>
      <h1>{say("papers")}</h1>
      {is(DISPATCHING) && <JobSheets done={pages.again} />}
      {is(LABELLING) && <UnitLabels done={pages.again} />}
      <PartLabels done={pages.again} />
      <PrintReports done={pages.again} />
      {is(DISPATCHING) && <FindSheet />}
      <Prints of={pages} />
    </>
  );
}

/** One technician's sheets come at once; those of several are a print job, which is for our own office alone. */
function JobSheets({ done }: { done: () => void }) {
  const crew = choices(technicians.value.filter((one) => !one.disabled_at));
  const [ticked, setTicked] = useState(() => allOf(crew));
  const submit = async (given: Given, key: string) => {
    const day = given.day ?? "";
    const ids = is(PARTNER) ? [given.technician ?? ""] : crew.map(([id]) => id).filter((id) => ticked.has(id));
    const [first] = ids;
    if (!first) throw new Error(say("ticks.none"));
    if (ids.length === 1) {
      const asked = new URLSearchParams({ technician_id: first, day, language: language.value });
      window.open(`/job-sheets?${asked}`, "_blank", "noreferrer");
      return;
    }
    await print({ what: "job-sheets", form: "pdf", ids, day }, key);
    done();
  };
  return (
    <section class="card">
      <h2>{say("papers.sheets")}</h2>
      <p class="soft">{say("papers.sheets.hint")}</p>
      <Form button={say("papers.print")} submit={submit}>
        <div class="fields">
          {is(PARTNER) && (
            <Field label={say("technician")}>{(id) => <Select id={id} name="technician" options={crew} />}</Field>
          )}
          <Field label={say("papers.day")}>
            {(id) => <input id={id} name="day" type="date" required defaultValue={today()} />}
          </Field>
        </div>
        {!is(PARTNER) && <Ticks label={say("papers.whose")} of={crew} ticked={ticked} change={setTicked} />}
      </Form>
    </section>
  );
}

/** The units with these serials, in their order; a serial that names none, or several, is said. */
async function unitsOf(serials: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const serial of serials) {
    const { items } = await get("/units", { serial, limit: 2 });
    const [unit] = items;
    if (!unit || items.length > 1) throw new Error(say("papers.which", { serial }));
    if (!ids.includes(unit.id)) ids.push(unit.id);
  }
  return ids;
}

function UnitLabels({ done }: { done: () => void }) {
  const submit = async (given: Given, key: string) => {
    const serials = (given.serials ?? "").split(/[\s,;]+/).filter(Boolean);
    if (serials.length === 0) throw new Error(say("papers.none"));
    await print({ what: "unit-labels", ...paperOf(given), ids: await unitsOf(serials) }, key);
    done();
  };
  return (
    <section class="card">
      <h2>{say("papers.labels")}</h2>
      <Form button={say("papers.print")} submit={submit}>
        <Field label={say("papers.serials")} hint={say("papers.serials.hint")}>
          {(id) => <textarea id={id} name="serials" rows={3} required maxLength={8000} spellcheck={false} />}
        </Field>
        <PaperFields />
      </Form>
    </section>
  );
}

/** The old parts that claims still wait for, the first thousand of them. */
async function partsExpected(): Promise<string[]> {
  const ids: string[] = [];
  let cursor = "";
  do {
    const page = await get("/core-returns", { cursor, limit: PAGE, state: "expected" });
    ids.push(...page.items.map((one) => one.id));
    cursor = page.next ?? "";
  } while (cursor && ids.length < PRINTS_AT_MOST);
  return ids.slice(0, PRINTS_AT_MOST);
}

function PartLabels({ done }: { done: () => void }) {
  const submit = async (given: Given, key: string) => {
    const ids = await partsExpected();
    if (ids.length === 0) throw new Error(say("papers.noParts"));
    await print({ what: "part-labels", ...paperOf(given), ids }, key);
    done();
  };
  return (
    <section class="card">
      <h2>{say("papers.parts")}</h2>
      <p class="soft">{say("papers.parts.hint")}</p>
      <Form button={say("papers.print")} submit={submit}>
        <PaperFields />
      </Form>
    </section>
  );
}

function PaperFields() {
  const [form, setForm] = useState<string>("sheet");
  return (
    <div class="fields">
      <Field label={say("papers.on")}>
        {(id) => (
          <Select
            id={id}
            name="form"
            value={form}
            change={setForm}
            options={FORMS.map((one) => [one, word("paper", one)])}
          />
        )}
      </Field>
      {form === "sheet" && (
        <Field label={say("papers.start")} hint={say("papers.start.hint")}>
          {(id) => <input id={id} name="start" type="number" min={1} max={24} required defaultValue="1" />}
        </Field>
      )}
    </div>
  );
}

function paperOf(given: Given): Pick<Wanted, "form" | "sheet"> {
  const form = given.form as (typeof FORMS)[number];
  return form === "sheet" ? { form, sheet: { start: Number(given.start) } } : { form };
}

function Prints({ of }: { of: Pages<Progress> }) {
  return (
    <>
      <h2>{say("papers.prints")}</h2>
      <Listed of={of} none={say("papers.prints.none")}>
        {(rows) => (
          <Table<Progress>
            caption={say("papers.prints")}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
              { head: say("what"), lead: true, cell: (one) => word("print", one.what) },
              { head: say("papers.at"), cell: (one) => moment(one.asked_at) },
              { head: say("papers.count"), number: true, cell: (one) => <HowFar of={one} /> },
              {
                head: say("state"),
                cell: (one) => (
                  <>
                    <State tone={TONES[one.state] ?? ""}>{word("printed", one.state)}</State>{" "}
                    <span class="soft">{one.failure}</span>
                  </>
                ),
              },
              {
                head: say("papers.file"),
                cell: (one) =>
                  one.state === "done" && (
                    <a href={`/print-jobs/${one.id}/file`} download={one.file_name ?? ""}>
                      {one.file_name}
                    </a>
                  ),
              },
            ]}
          />
        )}
      </Listed>
    </>
  );
}

/** How many are printed, and of how many while it goes on. */
function HowFar({ of }: { of: Progress }) {
  if (of.finished_at) return <>{number(of.printed)}</>;
  return (
    <>
      <progress max={of.documents} value={of.printed} aria-label={word("printed", of.state)} /> {number(of.printed)} /{" "}
      {number(of.documents)}
    </>
  );
}
