/** Completing a visit: the result and what is still missing; then the customer reads the sheet and signs it. */

import { useEffect, useState } from "preact/hooks";
import { dayAt } from "../core/lines";
import { completionSecret, record } from "../core/store";
import { modelOf } from "../parts/catalogue";
import { type Current, whereOf } from "../parts/current";
import { type Draft, draftOf, keepDraft } from "../parts/drafts";
import { Choice, TextField } from "../parts/fields";
import { useSaving } from "../parts/form";
import { Screen } from "../parts/frame";
import { Icon, type IconName } from "../parts/icons";
import { Sheet, signedLines } from "../parts/sheet";
import { SignatureField } from "../parts/signature";
import type { Signature } from "../parts/strokes";
import { type TimeKind, unlogged } from "../parts/timer";
import { Trouble } from "../parts/trouble";
import { addressOf, type Form, leave } from "../router";
import { type Missing, missingForCompletion, RESULTS, sheetFacts } from "../rules/completeness";
import { release } from "../scanner/camera";
import { openForm } from "../update";
import { duration, shortDay } from "../words/format";
import { named, say, word } from "../words/words";

/** Where each missing thing is entered. */
const WHERE: Partial<Record<Missing, Form>> = {
  "fault-code": "fault",
  "no-fault-found-code": "fault",
  "failed-component": "fault",
  designator: "fault",
  "designator-format": "fault",
  reading: "reading",
  photo: "photo",
};

export function CompleteScreen({ current }: { current: Current }) {
  const { job, visit } = current;
  const [draft, setDraft] = useState(draftOf(visit.id));
  const [asked, setAsked] = useState(false);
  const [isSigning, setSigning] = useState(false);
  useEffect(openForm, []);
  const isOver = visit.state === "completed" || visit.state === "abandoned";
  useEffect(() => {
    if (isOver && !isSigning) leave({ at: "visit", id: visit.id });
  }, [isOver]);
  const change = (part: Partial<Draft>): void => {
    const now = { ...draft, ...part };
    keepDraft(visit.id, now);
    setDraft(now);
  };
  const closing = { result: draft.result, signed: true, no_signature_reason: null };
  const missing = missingForCompletion(sheetFacts(job.kind, visit, modelOf(job.unit), closing)).filter(
    (what) => what !== "result" || draft.result,
  );
  const uncounted = (["travel", "labour"] as const).flatMap((kind) => unlogged(visit, kind, Date.now()) ?? []);
  if (isSigning) return <Signing current={current} draft={draft} back={() => setSigning(false)} />;
  const next = (): void => {
    setAsked(true);
    if (draft.result && !missing.length) setSigning(true);
  };
  return (
    <Screen
      title={say("complete.title")}
      up={{ at: "visit", id: visit.id }}
      dock={
        <div class="actions">
          <Trouble
            text={asked && (draft.result ? missing.length > 0 && say("complete.missing") : say("result.needed"))}
          />
          <button type="button" class="main" onClick={next}>
            {say("complete.hand")}
          </button>
        </div>
      }
    >
      <Choice
        label={say("result")}
        stacked
        options={(RESULTS[job.kind] ?? []).map((value) => ({ value, text: word("result", value) }))}
        value={draft.result || null}
        change={(result) => change({ result })}
      />
      {draft.result && (
        <section class="card" data-tone={missing.length ? "warn" : "good"}>
          <h2>{missing.length ? say("complete.still") : say("complete.ready")}</h2>
          <ul class="todo">
            {missing.map((what) => (
              <Todo key={what} what={what} visitId={visit.id} />
            ))}
          </ul>
        </section>
      )}
      {uncounted.length > 0 && (
        <section class="card" data-tone="wait">
          <h2>{say("complete.time")}</h2>
          <ul class="todo">
            {uncounted.map(({ kind, minutes }) => (
              <Uncounted key={kind} kind={kind} minutes={minutes} visitId={visit.id} />
            ))}
          </ul>
        </section>
      )}
      <TextField
        label={say("summary")}
        hint={say("summary.hint")}
        optional
        rows={4}
        maxLength={4000}
        value={draft.summary}
        change={(summary) => change({ summary })}
      />
    </Screen>
  );
}

function Todo({ what, visitId }: { what: Missing; visitId: string }) {
  const form = WHERE[what];
  const icon: IconName = form === "fault" || form === "reading" || form === "photo" ? form : "question";
  const text = say(`missing.${what}`);
  return (
    <li>
      {form ? (
        <a href={addressOf({ at: form, visit: visitId })}>
          <Icon name={icon} /> <span>{text}</span>
        </a>
      ) : (
        <p>
          <Icon name={icon} /> <span>{text}</span>
        </p>
      )}
    </li>
  );
}

function Uncounted({ kind, minutes, visitId }: { kind: TimeKind; minutes: number; visitId: string }) {
  return (
    <li>
      <a href={addressOf({ at: "time", visit: visitId })}>
        <Icon name="time" />
        <span>{word("time", kind) + say("colon") + duration(minutes)}</span>
      </a>
    </li>
  );
}

const REASONS = ["absent", "declined", "remote"] as const;
type NoSignature = (typeof REASONS)[number];

/** What the customer holds in the hand: the sheet in plain words, and the place to sign. */
function Signing({ current, draft, back }: { current: Current; draft: Draft; back: () => void }) {
  const { job, visit } = current;
  const [signature, setSignature] = useState<Signature | null>(null);
  const [name, setName] = useState(job.contact?.name ?? "");
  const [reason, setReason] = useState<NoSignature | null>(null);
  const [isUnsigned, setUnsigned] = useState(false);
  const [lacks, setLacks] = useState<string | null>(null);
  const saving = useSaving();
  useEffect(() => scrollTo(0, 0), []);
  const complete = async (): Promise<void> => {
    if (isUnsigned ? !reason : !signature) {
      setLacks(say(isUnsigned ? "sign.reason.needed" : "sign.needed"));
      return;
    }
    setLacks(null);
    const done = await saving.run(async () => {
      const { code, pin, code_hash, pin_hash } = await completionSecret();
      const body = {
        visit_id: visit.id,
        at: new Date().toISOString(),
        result: draft.result,
        summary: draft.summary.trim(),
        signed_by: isUnsigned ? "" : name.trim(),
        signature: isUnsigned ? null : signature,
        no_signature_reason: isUnsigned ? reason : null,
        lines: signedLines(current),
        collection: { code_hash, pin_hash },
      };
      await record("visit.complete", body, { ...whereOf(current), secret: { code, pin } });
    });
    if (!done) return;
    keepDraft(visit.id, null);
    release();
    leave({ at: "code", visit: visit.id });
  };
  const problem = saving.problem ?? lacks;
  return (
    <Screen
      title={say("sign.title")}
      corner={
        <button type="button" class="corner text" onClick={back}>
          {say("back")}
        </button>
      }
      dock={
        <div class="actions">
          <Trouble text={problem} />
          <button type="button" class="main step" aria-busy={saving.busy} onClick={complete}>
            {say("step.complete.now")}
          </button>
        </div>
      }
    >
      <section class="card lead">
        <p class="badges">
          <span class="chip" data-state="completed">
            {word("result", draft.result)}
          </span>
        </p>
        <h2>{job.customer.name}</h2>
        <p>{job.subject}</p>
        {job.unit && (
          <p class="soft">
            {named({ name: job.unit.model_name, name_zh: job.unit.model_name_zh })}{" "}
            <span class="serial">{job.unit.serial}</span>
          </p>
        )}
        <p class="soft">
          {shortDay(dayAt(new Date().toISOString(), job.site.time_zone))} · {say("job.title", { number: job.number })}
        </p>
        {draft.summary.trim() && <p class="prose">{draft.summary.trim()}</p>}
      </section>
      <Sheet current={current} editable={false} />
      <section class="card">
        <h2>{say("sign.heading")}</h2>
        {isUnsigned ? (
          <Choice
            label={say("sign.why")}
            stacked
            options={REASONS.map((value) => ({ value, text: word("unsigned", value) }))}
            value={reason}
            change={setReason}
          />
        ) : (
          <>
            <p>{say("sign.text")}</p>
            <SignatureField
              change={(drawn) => {
                setSignature(drawn);
                if (drawn) setLacks(null);
              }}
            />
            <TextField
              label={say("sign.name")}
              optional
              value={name}
              maxLength={200}
              autoComplete="off"
              change={setName}
            />
          </>
        )}
        <button
          type="button"
          class="plain"
          onClick={() => {
            setUnsigned(!isUnsigned);
            setSignature(null);
            setLacks(null);
          }}
        >
          {say(isUnsigned ? "sign.after-all" : "sign.not")}
        </button>
      </section>
    </Screen>
  );
}
