/** The rules of a warranty programme: modes and limits as they hold, a dated change, and what was set before. */

import { useState } from "preact/hooks";
import { type Got, get, post, type Shape } from "../core/api";
import { useLoad } from "../core/loading";
import { type Change, changes, settled, versionOn } from "../core/programme";
import { hashOf } from "../core/router";
import { is, MANAGING } from "../core/session";
import { Dialog } from "../parts/dialog";
import { Field, Form, type Given, ReasonField, Select } from "../parts/form";
import { tell } from "../parts/notice";
import { Loaded } from "../parts/states";
import { Table } from "../parts/table";
import { day, moment, number, today } from "../words/format";
import { language, say, word } from "../words/words";

type Version = Shape<"ProgrammeVersionLine">;
type Book = Got<"/rules">;

const MODES = ["off", "warn", "review", "block"] as const;
const VERSIONS_MAX = 100;

async function readProgramme(id: string) {
  const [programmes, versions, book] = await Promise.all([
    get("/programmes", { limit: 200 }),
    get("/programmes/versions", { programme_id: id, limit: VERSIONS_MAX }),
    get("/rules"),
  ]);
  return { programme: programmes.items.find((one) => one.id === id), versions: versions.items, book };
}

export function ProgrammeRules({ id }: { id: string }) {
  const load = useLoad(() => readProgramme(id), [id]);
  return (
    <>
      <p class="back">
        <a href={hashOf("programmes")}>{say("programmes")}</a>
      </p>
      <Loaded of={load}>
        {({ programme, versions, book }) => (
          <>
            <h1>
              {programme?.code} <span class="soft">{programme?.name}</span>
            </h1>
            <Edit
              key={versions[0]?.id ?? ""}
              programmeId={id}
              versions={versions}
              book={book}
              done={() => {
                load.again();
                tell(say("programme.saved"));
              }}
            />
            <History versions={versions} book={book} />
          </>
        )}
      </Loaded>
    </>
  );
}

const says = (of: { says: string; says_zh: string }) => (language.value === "zh" ? of.says_zh : of.says);

function Edit({
  programmeId,
  versions,
  book,
  done,
}: {
  programmeId: string;
  versions: readonly Version[];
  book: Book;
  done: () => void;
}) {
  const now = versionOn(versions, today());
  const before = { modes: settled<string>(now?.modes), limits: settled<number>(now?.limits) };
  const [modes, setModes] = useState(before.modes);
  const [limits, setLimits] = useState<Record<string, number>>(before.limits);
  const [asks, setAsks] = useState(false);
  const mayChange = is(MANAGING);
  const usualMode = (rule: string) => book.rules.find((one) => one.id === rule)?.mode ?? "";
  const usualLimit = (name: string) => {
    const found = book.limits.find((one) => one.name === name)?.default;
    return found === null || found === undefined ? say("limit.none") : String(found);
  };
  const setMode = (rule: string, mode: string) => {
    const { [rule]: _, ...others } = modes;
    setModes(mode === usualMode(rule) ? others : { ...others, [rule]: mode });
  };
  const setLimit = (name: string, typed: string) => {
    const { [name]: _, ...others } = limits;
    setLimits(/^\d+$/.test(typed) ? { ...others, [name]: Number(typed) } : others);
  };
  const changed = [
    ...changes(before.modes, modes, usualMode).map((one) => ({
      ...one,
      before: word("mode", one.before),
      after: word("mode", one.after),
    })),
    ...changes(before.limits, limits, usualLimit).map((one) => ({
      ...one,
      name: says(book.limits.find((limit) => limit.name === one.name) ?? { says: one.name, says_zh: one.name }),
    })),
  ];
  return (
    <>
      <section aria-labelledby="modes">
        <h2 id="modes">{say("modes")}</h2>
        <Table
          caption={say("modes")}
          rows={book.rules}
          keyOf={(rule) => rule.id}
          columns={[
            { head: say("rule"), lead: true, cell: (rule) => rule.id },
            { head: say("decides"), cell: (rule) => (language.value === "zh" ? rule.decides_zh : rule.decides) },
            { head: say("mode.usual"), cell: (rule) => word("mode", rule.mode) },
            {
              head: say("mode.here"),
              cell: (rule) => (
                <Select
                  label={`${say("mode.here")}: ${rule.id}`}
                  value={modes[rule.id] ?? rule.mode}
                  disabled={!mayChange}
                  change={(mode) => setMode(rule.id, mode)}
                  options={MODES.slice(MODES.indexOf(rule.floor)).map((mode) => [mode, word("mode", mode)])}
                />
              ),
            },
          ]}
        />
      </section>
      <section aria-labelledby="limits">
        <h2 id="limits">{say("limits")}</h2>
        <Table
          caption={say("limits")}
          rows={book.limits}
          keyOf={(limit) => limit.name}
          columns={[
            { head: say("limit"), lead: true, cell: says },
            { head: say("mode.usual"), number: true, cell: (limit) => usualLimit(limit.name) },
            {
              head: say("mode.here"),
              number: true,
              cell: (limit) => (
                <input
                  class="short"
                  type="number"
                  min={0}
                  aria-label={says(limit)}
                  placeholder={usualLimit(limit.name)}
                  value={limits[limit.name] ?? ""}
                  disabled={!mayChange}
                  onInput={(event) => setLimit(limit.name, event.currentTarget.value)}
                />
              ),
            },
          ]}
        />
      </section>
      {mayChange && (
        <p class="actions sticky">
          <button type="button" disabled={!changed.length} onClick={() => setAsks(true)}>
            {say("programme.look", { n: changed.length })}
          </button>
        </p>
      )}
      {asks && (
        <Save
          changed={changed}
          close={() => setAsks(false)}
          save={async (given, key) => {
            const body = { programme_id: programmeId, from_on: given.from ?? "", reason: given.reason ?? "" };
            await post("/programmes/set", { ...body, limits, modes } as never, key);
            setAsks(false);
            done();
          }}
        />
      )}
    </>
  );
}

function Save({
  changed,
  close,
  save,
}: {
  changed: readonly Change[];
  close: () => void;
  save: (given: Given, key: string) => Promise<void>;
}) {
  return (
    <Dialog title={say("programme.diff")} close={close} wide>
      <Diff changed={changed} />
      <Form button={say("programme.set")} submit={save}>
        <div class="fields">
          <Field label={say("from.on")}>
            {(id) => <input id={id} name="from" type="date" required defaultValue={today()} />}
          </Field>
          <ReasonField />
        </div>
      </Form>
    </Dialog>
  );
}

function Diff({ changed }: { changed: readonly Change[] }) {
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th scope="col">{say("what")}</th>
            <th scope="col">{say("diff.before")}</th>
            <th scope="col">{say("diff.after")}</th>
          </tr>
        </thead>
        <tbody>
          {changed.map((one) => (
            <tr key={one.name}>
              <th scope="row">{one.name}</th>
              <td data-head={say("diff.before")}>
                <del>{one.before}</del>
              </td>
              <td data-head={say("diff.after")}>
                <ins>{one.after}</ins>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function History({ versions, book }: { versions: readonly Version[]; book: Book }) {
  const holds = versionOn(versions, today());
  const limitName = (name: string) => {
    const found = book.limits.find((one) => one.name === name);
    return found ? says(found) : name;
  };
  return (
    <section aria-labelledby="history">
      <h2 id="history">{say("programme.history")}</h2>
      <Table
        caption={say("programme.history")}
        rows={versions}
        keyOf={(one) => one.id}
        current={holds?.id}
        columns={[
          { head: say("from.on"), lead: true, cell: (one) => day(one.from_on) },
          {
            head: say("modes"),
            cell: (one) => (
              <ul>
                {Object.entries(settled<string>(one.modes)).map(([rule, mode]) => (
                  <li key={rule}>
                    {rule}: {word("mode", mode)}
                  </li>
                ))}
              </ul>
            ),
          },
          {
            head: say("limits"),
            cell: (one) => (
              <ul>
                {Object.entries(settled<number>(one.limits)).map(([name, value]) => (
                  <li key={name}>
                    {limitName(name)} {number(value)}
                  </li>
                ))}
              </ul>
            ),
          },
          { head: say("reason"), cell: (one) => one.reason },
          { head: say("set.at"), cell: (one) => moment(one.set_at) },
        ]}
      />
    </section>
  );
}
