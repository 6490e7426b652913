/** Claims as a file: handed in, worked off in the background, with what became of every row. */

import { useEffect, useRef, useState } from "preact/hooks";
import { get, type Shape, send } from "../core/api";
import { usePages } from "../core/loading";
import { hashOf, place } from "../core/router";
import { ClaimState, Reasons } from "../parts/claims";
import { Choice } from "../parts/filters";
import { Field, Form } from "../parts/form";
import { Listed, State } from "../parts/states";
import { Table } from "../parts/table";
import { moment, number } from "../words/format";
import { language, problemWords, say, word } from "../words/words";

type Progress = Shape<"FileProgress">;

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const ASK_AGAIN_MS = 2_000;
const TONES: Record<string, string> = { claimed: "good", no_claim: "warn", refused: "bad" };

export function Files() {
  const pages = usePages((cursor) => get("/claims/submit/files", { cursor, limit: 25 }), []);
  const isRunning = (pages.data ?? []).some((one) => one.finished_at === null);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(pages.again, ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return (
    <>
      <h1>{say("files")}</h1>
      <HandIn done={pages.again} />
      <Listed of={pages} none={say("files.none")}>
        {(rows) => (
          <Table<Progress>
            caption={say("files")}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
              {
                head: say("name"),
                lead: true,
                cell: (one) => <a href={hashOf("file", one.id)}>{one.file_name || "–"}</a>,
              },
              { head: say("when.at"), unbroken: true, cell: (one) => moment(one.started_at) },
              {
                head: say("state"),
                cell: (one) => (
                  <>
                    {word("file", one.state)} {one.failure && <span class="soft">{one.failure}</span>}
                  </>
                ),
              },
              { head: say("rows.read"), number: true, cell: (one) => number(one.rows_read) },
              { head: say("rows.claimed"), number: true, cell: (one) => number(one.rows_claimed) },
              { head: say("rows.without"), number: true, cell: (one) => number(one.rows_without_claim) },
              { head: say("rows.refused"), number: true, cell: (one) => number(one.rows_refused) },
            ]}
          />
        )}
      </Listed>
    </>
  );
}

function HandIn({ done }: { done: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const picked = useRef<HTMLInputElement>(null);
  const submit = async (_: unknown, key: string) => {
    if (!file) throw new Error(say("file.choose"));
    const media = file.name.toLowerCase().endsWith(".xlsx") ? XLSX : "text/csv";
    await send("/claims/submit/file", file, media, { file_name: file.name }, key);
    setFile(null);
    if (picked.current) picked.current.value = "";
    done();
  };
  return (
    <div class="card">
      <Form button={say("file.send")} submit={submit}>
        <Field label={say("file")} hint={say("file.hint")}>
          {(id) => (
            <input
              id={id}
              ref={picked}
              type="file"
              accept={`.csv,.xlsx,text/csv,${XLSX}`}
              onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
            />
          )}
        </Field>
      </Form>
      <a href={`/claims/submit/template?language=${language.value}`} download="claims.csv">
        {say("file.template")}
      </a>
    </div>
  );
}

export function FileRows({ id }: { id: string }) {
  const status = place.value.filters.status ?? "";
  const pages = usePages(
    (cursor) =>
      get(
        "/claims/submit/files/{id}/rows",
        { cursor, limit: 100, status: (status || null) as "claimed" | "no_claim" | "refused" | null },
        { id },
      ),
    [id, status],
  );
  return (
    <>
      <p class="back">
        <a href={hashOf("files")}>{say("files")}</a>
      </p>
      <h1>{say("file.rows")}</h1>
      <div class="tools">
        <Choice name="status" label={say("state")} options={Object.keys(TONES).map((one) => [one, word("row", one)])} />
        <a class="button plain" href={`/claims/submit/files/${id}/result`} download="result.csv">
          {say("file.result")}
        </a>
      </div>
      <Listed of={pages} none={say("file.rows.none")}>
        {(rows) => (
          <Table
            caption={say("file.rows")}
            rows={rows}
            keyOf={(row) => String(row.line)}
            columns={[
              { head: say("file.line"), lead: true, cell: (row) => row.line },
              { head: say("job"), cell: (row) => row.told.job_number ?? "" },
              {
                head: say("state"),
                cell: (row) => <State tone={TONES[row.status] ?? ""}>{word("row", row.status)}</State>,
              },
              {
                head: say("claim"),
                cell: (row) =>
                  row.told.claim_number && (
                    <>
                      {row.told.claim_number} <ClaimState state={row.told.state ?? ""} />
                    </>
                  ),
              },
              {
                head: say("reasons"),
                cell: (row) => (
                  <>
                    {row.told.why_no_claim && word("why", row.told.why_no_claim)}
                    {(row.told.reasons ?? []).length > 0 && <Reasons codes={row.told.reasons ?? []} />}
                    <ul>
                      {(row.told.errors ?? []).map((one) => (
                        <li key={`${one.column}${one.code}`}>
                          <b>{one.column}</b> {problemWords(one.code) ?? one.words}
                        </li>
                      ))}
                    </ul>
                  </>
                ),
              },
            ]}
          />
        )}
      </Listed>
    </>
  );
}
