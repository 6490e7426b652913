/** Operations with their fate in plain words, why, and what to do now. */

import { jobs } from "../core/store";
import type { OutboxItem } from "../core/views";
import { addressOf } from "../router";
import { duration, money, when } from "../words/format";
import { named, perhaps, say, word } from "../words/words";
import { catalogue } from "./catalogue";
import { flagsOf, needsALook, reasonOf, toneOf } from "./fates";
import { Icon, type IconName } from "./icons";
import { noteSeen } from "./seen";

const SIGNS: Record<ReturnType<typeof toneOf>, IconName> = {
  good: "done",
  wait: "wait",
  warn: "question",
  bad: "cross",
};

/** `plain` leaves out which job it is: the screen says it. */
export function OutboxList({ items, plain }: { items: readonly OutboxItem[]; plain?: boolean }) {
  return (
    <ul class="operations">
      {items.map((item) => (
        <Item key={item.op} item={item} plain={plain === true} />
      ))}
    </ul>
  );
}

function Item({ item, plain }: { item: OutboxItem; plain: boolean }) {
  const reason = reasonOf(item);
  const tone = toneOf(item);
  const job = jobs.value.find((one) => one.id === item.job);
  const number = job?.number ?? item.jobNumber;
  const isRefused = tone === "bad" || item.fate === "declined";
  return (
    <li data-tone={tone}>
      <p class="row">
        <strong>{titleOf(item)}</strong>
        <time dateTime={item.at}>{when(item.at)}</time>
      </p>
      <p class="fate">
        <Icon name={SIGNS[tone]} /> {say(`fate.${item.fate}`)}
        {item.bytesWaiting && ` · ${say("photo.waiting")}`}
      </p>
      {flagsOf(item).map((flag) => (
        <p key={flag}>{flag}</p>
      ))}
      {reason && (
        <>
          <p>{reason.why}</p>
          {reason.todo && (
            <p>
              <b>{reason.todo}</b>
            </p>
          )}
        </>
      )}
      {!plain && number !== undefined && (
        <p class="soft">
          {job && tone !== "good" ? (
            <a href={addressOf({ at: "job", id: job.id })}>{say("job.title", { number })}</a>
          ) : (
            say("job.title", { number })
          )}
        </p>
      )}
      {isRefused && needsALook(item) && (
        <button type="button" class="plain small" onClick={() => noteSeen(item.op)}>
          {say("outbox.seen")}
        </button>
      )}
    </li>
  );
}

/** What was recorded, in a line. */
function titleOf({ t, body }: OutboxItem): string {
  const name = perhaps(`op.${t}`) ?? t;
  const detail = detailOf(t, body);
  return detail ? name + say("colon") + detail : name;
}

function detailOf(t: string, body: Record<string, unknown>): string {
  const text = (field: string): string => (typeof body[field] === "string" ? (body[field] as string) : "");
  const { parts, faults } = catalogue.value;
  switch (t) {
    case "time.log":
      return `${word("time", text("kind"))} ${duration(Number(body.minutes) || 0)}`;
    case "part.use": {
      const part = parts.get(text("part_id"));
      return `${part ? named(part) : ""} × ${Number(body.quantity) || 0}`.trim();
    }
    case "fault.record": {
      const fault = faults.get(text("fault_code_id"));
      return fault ? `${fault.code} ${named(fault)}` : text("symptom");
    }
    case "expense.add":
      return `${word("money", text("kind"))} ${money(Number(body.amount_minor) || 0, text("currency"))}`;
    case "reading.record":
      return `${text("name")} ${text("value")} ${text("unit_of_measure")}`.trim();
    case "photo.add":
      return text("caption") || word("photo", text("kind"));
    case "scan.record":
      return text("scanned_text").slice(0, 60);
    case "visit.complete":
      return word("result", text("result"));
    case "line.void":
      return text("reason");
    default:
      return "";
  }
}
