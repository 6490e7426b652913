/** The lines of a job sheet as they are read: by the technician, who may take them back, and by the customer. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { record } from "../core/store";
import { duration, money } from "../words/format";
import { named, say, word } from "../words/words";
import { catalogue, modelOf } from "./catalogue";
import { type Current, whereOf } from "./current";
import { Dialog } from "./dialog";
import { Choice, TextField } from "./fields";
import { useSaving } from "./form";
import { tell } from "./frame";
import { Icon, type IconName } from "./icons";
import { isReason, reasonText } from "./reason";
import { Trouble } from "./trouble";
import { judge, toneOfVerdict, verdictWords } from "./verdict";

export type LineKind = "fault" | "part" | "time" | "reading" | "expense" | "photo";

export interface ShownLine {
  id: string;
  kind: LineKind | "scan";
  title: string;
  details: string[];
  voided: string | null;
  tone?: "good" | "wait" | "warn" | "bad";
}

const ICONS: Record<ShownLine["kind"], IconName> = {
  scan: "scan",
  fault: "fault",
  part: "part",
  time: "time",
  reading: "reading",
  expense: "expense",
  photo: "photo",
};

/** All lines of a visit in the order of a sheet, in the person's language as far as the catalogue knows it. */
export function linesOf({ job, visit }: Current): ShownLine[] {
  const model = modelOf(job.unit);
  const { parts, faults, operations } = catalogue.value;
  const place = (code: string | null, designator: string, name: string | null = null): string => {
    const found = model?.components.find((one) => one.code === code);
    return [found ? named(found) : (name ?? code), designator].filter(Boolean).join(" · ");
  };
  const line = (
    kind: LineKind,
    { id, voided_at, void_reason }: { id: string; voided_at: string | null; void_reason: string | null },
    title: string,
    ...details: (string | null | false)[]
  ): ShownLine => ({
    id,
    kind,
    title,
    details: details.filter((detail): detail is string => Boolean(detail)),
    voided: voided_at ? (void_reason ?? "") : null,
  });
  return [
    ...visit.scans.map((scan): ShownLine => {
      const found = judge(scan, job);
      return {
        id: scan.id,
        kind: "scan",
        title: verdictWords(found),
        details: [scan.scanned_text, found.provisional ? say("verdict.provisional") : ""].filter(Boolean),
        voided: null,
        tone: toneOfVerdict(found),
      };
    }),
    ...visit.faults.map((fault) => {
      const known = faults.get(fault.fault_code_id);
      const name = `${fault.code || known?.code || ""} ${known ? named(known) : fault.name}`.trim();
      return line(
        "fault",
        fault,
        name,
        place(fault.component, fault.designator, fault.component_name),
        fault.symptom,
        fault.cause,
        fault.action,
      );
    }),
    ...visit.parts.map((part) => {
      const known = parts.get(part.part_id);
      const count = `${part.quantity} ${word("unit_of", part.unit_of_measure)}`;
      const serials = [
        part.old_serial && say("part.old", { serial: part.old_serial }),
        part.new_serial && say("part.new", { serial: part.new_serial }),
      ];
      return line(
        "part",
        part,
        `${known ? named(known) : part.name || part.number} × ${count}`,
        `${part.number || known?.number || ""} · ${word("part", part.kind)}`,
        place(part.component, part.designator),
        ...serials,
        part.on_hold && say("flag.on-hold"),
      );
    }),
    ...visit.times.map((time) => {
      const known = operations.find((one) => one.code === time.operation);
      return line(
        "time",
        time,
        word("time", time.kind) + say("colon") + duration(time.minutes),
        known ? named(known) : time.operation_name,
        time.standard_minutes !== null && say("time.standard", { time: duration(time.standard_minutes) }),
        time.note,
      );
    }),
    ...visit.readings.map((reading) =>
      line("reading", reading, `${reading.name}${say("colon")}${reading.value} ${reading.unit_of_measure}`.trim()),
    ),
    ...visit.expenses.map((expense) =>
      line(
        "expense",
        expense,
        word("money", expense.kind) + say("colon") + money(expense.amount_minor, expense.currency),
        word("paid", expense.direction),
        expense.note,
      ),
    ),
    ...visit.photos.map((photo) =>
      line(
        "photo",
        photo,
        photo.caption || word("photo", photo.kind),
        photo.caption && word("photo", photo.kind),
        !photo.arrived && say("photo.waiting"),
      ),
    ),
  ];
}

/** Ids of the lines that stand on the sheet: what the customer signs. */
export function signedLines({ visit }: Current): string[] {
  const { times, parts, expenses, faults, readings, photos } = visit;
  return [...times, ...parts, ...expenses, ...faults, ...readings, ...photos]
    .filter((line) => !line.voided_at)
    .map((line) => line.id);
}

interface Props {
  current: Current;
  /** The technician may take lines back; the customer only reads. */
  editable: boolean;
}

export function Sheet({ current, editable }: Props) {
  const [taking, setTaking] = useState<ShownLine | null>(null);
  const lines = linesOf(current).filter((line) => editable || line.voided === null);
  const kinds = [...new Set(lines.map((line) => line.kind))];
  return (
    <>
      {kinds.map((kind) => (
        <section key={kind} class="lines" aria-label={say(`lines.${kind}`)}>
          <h2>
            <Icon name={ICONS[kind]} /> {say(`lines.${kind}`)}
          </h2>
          <ul>
            {lines
              .filter((line) => line.kind === kind)
              .map((line) => (
                <Line key={line.id} line={line} isPending={line.kind !== "scan" && current.visit.pending.has(line.id)}>
                  {editable && line.kind !== "scan" && line.voided === null && (
                    <button
                      type="button"
                      class="take-back"
                      aria-label={say("void.line", { line: line.title })}
                      onClick={() => setTaking(line)}
                    >
                      <Icon name="cross" />
                    </button>
                  )}
                </Line>
              ))}
          </ul>
        </section>
      ))}
      {taking && <TakeBack line={taking} current={current} close={() => setTaking(null)} />}
    </>
  );
}

function Line({ line, isPending, children }: { line: ShownLine; isPending: boolean; children: ComponentChildren }) {
  return (
    <li data-voided={line.voided !== null} data-tone={line.tone}>
      <div>
        {line.voided === null ? <strong>{line.title}</strong> : <s>{line.title}</s>}
        {line.details.map((detail) => (
          <p key={detail}>{detail}</p>
        ))}
        {line.voided !== null && <p class="soft">{say("void.done", { reason: line.voided })}</p>}
        {isPending && (
          <p class="pending">
            <Icon name="wait" /> {say("line.pending")}
          </p>
        )}
      </div>
      {children}
    </li>
  );
}

const REASONS = ["mistake", "not-needed", "twice", "other"] as const;
type Reason = (typeof REASONS)[number];

function TakeBack({ line, current, close }: { line: ShownLine; current: Current; close: () => void }) {
  const [reason, setReason] = useState<Reason | null>(null);
  const [text, setText] = useState("");
  const [asked, setAsked] = useState(false);
  const saving = useSaving();
  const { job, visit } = whereOf(current);
  const given = reason === "other" ? text.trim() : reason ? say(`void.${reason}`) : "";
  const isGood = isReason(given);
  const takeBack = async (): Promise<void> => {
    setAsked(true);
    if (!isGood) return;
    const body = { line_id: line.id, kind: line.kind, reason: reasonText(given) };
    if (await saving.run(async () => void (await record("line.void", body, { job, visit })))) {
      tell(say("void.told"));
      close();
    }
  };
  return (
    <Dialog title={say("void.title")} close={close}>
      <p>{line.title}</p>
      <Choice
        label={say("void.why")}
        options={REASONS.map((value) => ({ value, text: say(`void.${value}`) }))}
        value={reason}
        change={setReason}
        error={asked && !reason ? say("choose") : undefined}
      />
      {reason === "other" && (
        <TextField
          label={say("reason")}
          value={text}
          maxLength={500}
          change={setText}
          error={asked && !isGood ? say("reason.short") : undefined}
        />
      )}
      <Trouble text={saving.problem} />
      <button type="button" class="main" data-tone="bad" onClick={takeBack}>
        {say("void.do")}
      </button>
    </Dialog>
  );
}
