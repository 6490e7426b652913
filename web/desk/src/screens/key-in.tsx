/** The office keys a job sheet in that was written on paper. */

import { useRef, useState } from "preact/hooks";
import { type Got, get, Refused } from "../core/api";
import { KeptSheet } from "../core/kept-sheet";
import { commandsOf, type Names, type Typed } from "../core/keying";
import { Ledger, PlaceRefused } from "../core/ledger";
import { useLoad } from "../core/loading";
import { hashOfFile, sendPicture } from "../core/pictures";
import { hashOf } from "../core/router";
import { me } from "../core/session";
import { Field, Form, type Given, Select } from "../parts/form";
import { choices, technicians } from "../parts/names";
import {
  FaultRows,
  JobHead,
  type KnownOfJob,
  knownOfJob,
  PartRows,
  ResultField,
  Rows,
  rowsOf,
  rowsShown,
  SheetCodes,
  SummaryField,
  Text,
  UNSIGNED,
} from "../parts/sheet";
import { Empty, Loaded } from "../parts/states";
import { here, moment } from "../words/format";
import { perhaps, say, whyOf, word } from "../words/words";

const OPEN = ["assigned", "accepted", "in_progress"] as const;
const JOBS_MAX = 50;
const CLOSED = ["completed", "abandoned"];

/** Finds the sheet among the jobs of the technician who wrote it. */
export function FindSheet() {
  const [who, setWho] = useState("");
  return (
    <section class="card">
      <h2>{say("key-in")}</h2>
      <p class="soft">{say("key-in.hint")}</p>
      <Field label={say("technician")}>
        {(id) => <Select id={id} value={who} change={setWho} options={[["", "–"], ...choices(technicians.value)]} />}
      </Field>
      {who && <OpenJobs key={who} of={who} />}
    </section>
  );
}

function OpenJobs({ of }: { of: string }) {
  const load = useLoad(async () => {
    const asked = OPEN.map((state) => get("/jobs", { technician_id: of, state, limit: JOBS_MAX }));
    return (await Promise.all(asked)).flatMap((page) => page.items);
  }, [of]);
  return (
    <Loaded of={load}>
      {(jobs) =>
        jobs.length ? (
          <ul>
            {jobs.map((job) => (
              <li key={job.id}>
                <a href={hashOf("key-in", job.id)}>
                  J-{job.number} {job.subject}
                </a>{" "}
                <span class="soft">
                  {job.customer_name}, {job.city}
                </span>
              </li>
            ))}
          </ul>
        ) : (
          <Empty>{say("key-in.noJobs")}</Empty>
        )
      }
    </Loaded>
  );
}

async function readFor(jobId: string) {
  const known = await knownOfJob(jobId);
  const open = known.visits.filter((visit) => !CLOSED.includes(visit.state));
  return { known, open };
}

export function KeyIn({ id }: { id: string }) {
  const load = useLoad(() => readFor(id), [id]);
  return (
    <>
      <p class="back">
        <a href={hashOf("jobs")}>{say("jobs")}</a>
      </p>
      <h1>{say("key-in")}</h1>
      <Loaded of={load}>{({ known, open }) => <Visits key={id} known={known} open={open} />}</Loaded>
    </>
  );
}

function Visits({ known, open }: { known: KnownOfJob; open: KnownOfJob["visits"] }) {
  const [visitId, setVisitId] = useState(open[0]?.id ?? "");
  const { job } = known;
  return (
    <div class="card">
      <JobHead job={job} />
      {visitId ? (
        <>
          <Field label={say("key-in.visit")}>
            {(id) => (
              <Select
                id={id}
                value={visitId}
                change={setVisitId}
                options={open.map((one) => [one.id, `${moment(one.planned_from)} · ${one.technician ?? ""}`])}
              />
            )}
          </Field>
          <Sheet key={visitId} known={known} visitId={visitId} />
        </>
      ) : (
        <Empty>{say("key-in.none")}</Empty>
      )}
    </div>
  );
}

function Sheet({ known, visitId }: { known: KnownOfJob; visitId: string }) {
  const load = useLoad(() => get("/visits/{id}", null, { id: visitId }), [visitId]);
  const [flags, setFlags] = useState<readonly string[] | null>(null);
  if (flags)
    return (
      <div role="status">
        <p>{say("key-in.done")}</p>
        {flags.map((flag) => (
          <p key={flag} class="soft">
            {word("flag", flag)}
          </p>
        ))}
        <p>
          <a href={hashOf("job-reports", known.job.id)}>{say("report.ofJob")}</a>
        </p>
      </div>
    );
  return <Loaded of={load}>{(sheet) => <Paper known={known} sheet={sheet} done={setFlags} />}</Loaded>;
}

type VisitSheet = Got<"/visits/{id}">;
interface PaperProps {
  known: KnownOfJob;
  sheet: VisitSheet;
  done: (flags: readonly string[]) => void;
}

/**
 * The fields of the paper. What reached the server already is not sent again, and stays as it is; what was typed is
 * there again when the page is read anew, but for a photo that was not sent.
 */
function Paper({ known, sheet, done }: PaperProps) {
  const { visit } = sheet;
  const [kept] = useState(() => new KeptSheet(me.value?.account_id ?? "", visit.visit_id));
  const [ledger] = useState(() => new Ledger(kept.now.lines, (lines) => kept.keep({ lines })));
  const { fields } = kept.now;
  const top = useRef<HTMLDivElement>(null);
  const [photo, setPhoto] = useState<File | null>(null);
  const [typed, setTyped] = useState(fields.scan ?? "");
  const [unsigned, setUnsigned] = useState(fields.unsigned ?? "");
  const [tries, setTries] = useState(0);
  const submit = async (given: Given) => {
    try {
      const hash = photo ? await hashOfFile(photo) : kept.now.photo;
      const asTyped: Typed = {
        visitId: visit.visit_id,
        given,
        photo: hash,
        faults: rowsOf(given, "fault"),
        parts: rowsOf(given, "part"),
        readings: rowsOf(given, "reading"),
      };
      const entries = commandsOf(asTyped, known, NAMES());
      if (photo) await sendPicture(photo, pictureId.current, hash);
      kept.keep({ photo: hash });
      const flags = await ledger.send(entries, say("key-in.corrected"));
      kept.forget();
      done(flags);
    } catch (error) {
      setTries(tries + 1);
      setTimeout(() => top.current?.querySelector("[role=alert]")?.scrollIntoView({ block: "center" }));
      throw placed(error);
    }
  };
  const shown = (kind: string, usual: number) => (kept.isThere ? rowsShown(fields, kind) : usual);
  const pictureId = useRef<string>(crypto.randomUUID());
  const standing = [sheet.faults, sheet.parts, sheet.times, sheet.readings, sheet.photos].flat();
  const own = new Set(kept.now.lines.map(([, sent]) => sent.id));
  const count = standing.filter((line) => !line.voided_at && !own.has(line.id)).length;
  return (
    <div ref={top}>
      {count > 0 && <p class="notice">{say("key-in.there", { count })}</p>}
      {kept.isThere && <p class="notice">{say("key-in.again")}</p>}
      <SheetCodes {...known} />
      <Form button={say("key-in.send")} submit={submit} kept={{ fields, keep: (now) => kept.keep({ fields: now }) }}>
        <div class="fields">
          {MOMENTS.map(({ name, of, required }) => {
            const stored = of && visit[of];
            const fixed = Boolean(stored) || ledger.has(name);
            return (
              <Moment key={name} name={name} stored={fields[name] ? null : stored} fixed={fixed} required={required} />
            );
          })}
          <Field label={say("key-in.serial")} hint={say("key-in.serial.hint")}>
            {(id) => (
              <input
                id={id}
                name="scan"
                maxLength={500}
                autocomplete="off"
                onInput={(event) => setTyped(event.currentTarget.value)}
              />
            )}
          </Field>
          <Field label={say("key-in.why")}>
            {(id) => <input id={id} name="typed_reason" required={typed !== ""} minLength={3} maxLength={500} />}
          </Field>
          <Field label={say("key-in.photo")} hint={kept.now.photo ? say("key-in.photo.there") : undefined}>
            {(id) => (
              <input
                id={id}
                type="file"
                accept="image/*"
                required={typed !== "" && !kept.now.photo}
                onChange={(event) => {
                  pictureId.current = crypto.randomUUID();
                  setPhoto(event.currentTarget.files?.[0] ?? null);
                }}
              />
            )}
          </Field>
          <ResultField />
          <Text name="labour" label={say("key-in.labour")} type="number" />
          <Text name="operation" label={say("operation")} list="operations" />
          <Text name="travel" label={say("key-in.travel")} type="number" />
          <Field label={say("lacks.signature")}>
            {(id) => (
              <Select
                id={id}
                name="unsigned"
                value={unsigned}
                change={setUnsigned}
                options={[["", say("key-in.signed")], ...UNSIGNED.map((one) => [one, word("said", one)] as const)]}
              />
            )}
          </Field>
          {unsigned === "" && <Text name="signed_by" label={say("key-in.signer")} required />}
          <SummaryField />
        </div>
        <FaultRows first={shown("fault", known.job.kind === "repair" ? 1 : 0)} />
        <PartRows first={shown("part", 0)} />
        <Rows title={say("readings")} more={say("readings.more")} first={shown("reading", 0)}>
          {(at) => (
            <>
              <Text name={`reading.${at}.name`} label={say("reading.name")} required />
              <Text name={`reading.${at}.value`} label={say("reading.value")} required />
              <Text name={`reading.${at}.unit`} label={say("reading.unit")} />
            </>
          )}
        </Rows>
        <label class="tick">
          <input type="checkbox" name="asked" /> {say("key-in.asked")}
        </label>
      </Form>
    </div>
  );
}

/** The moments that stand on the paper, in order, and where the visit has them. */
const MOMENTS = [
  { name: "travelled", of: "travelled_at", required: false },
  { name: "arrived", of: "arrived_at", required: true },
  { name: "started", of: "started_at", required: false },
  { name: "completed", of: null, required: true },
] as const;

/** A moment of the visit; one that is recorded already is shown and not sent. */
function Moment(props: {
  name: (typeof MOMENTS)[number]["name"];
  stored: string | null | undefined;
  fixed: boolean;
  required: boolean;
}) {
  const { name, stored, fixed, required } = props;
  const hint = fixed ? say("key-in.fixed") : `${say("yourTime")}: ${here}`;
  return (
    <Field label={say(name)} hint={hint}>
      {(id) =>
        stored ? (
          <input id={id} readOnly value={moment(stored)} />
        ) : (
          <input id={id} name={name} type="datetime-local" required={required} readOnly={fixed} />
        )
      }
    </Field>
  );
}

const NAMES = (): Names => ({
  place: (name) => say(PLACES[name]),
  row: (kind, at) => `${say(kind)} ${at + 1}`,
  unknown: say("key-in.unknown"),
});
const PLACES = {
  travelled: "travelled",
  arrived: "arrived",
  started: "started",
  completed: "completed",
  scanned: "key-in.serial",
  photo: "key-in.photo",
  labour: "key-in.labour",
  travel: "key-in.travel",
} as const;

/** What was refused, told by the fields of the paper. */
function placed(error: unknown): unknown {
  if (!(error instanceof PlaceRefused)) return error;
  const isLacking = error.code === "sheet-incomplete";
  const told = error.errors.map(({ field, words }) => ({
    field: isLacking ? word("lacks", field) : [error.place, field.replace(/_/g, " ")].join(" · "),
    words: (isLacking && perhaps(`lacks.${field}.why`)) || words,
  }));
  const errors = told.length ? told : [{ field: error.place, words: whyOf(error) }];
  return new Refused(error.code, error.status, error.message, error.field, errors);
}
