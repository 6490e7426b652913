/** The line of the sheet that a queued command will become; its id is the operation's. Pure. */

import type { Entry } from "./database";
import type {
  ExpenseLine,
  FaultLine,
  PhotoLine,
  ReadingLine,
  ScanLine,
  SheetLine,
  TimeLine,
  UsedPartLine,
  VisitRow,
} from "./wire";

export type Line =
  | { list: "times"; line: TimeLine }
  | { list: "parts"; line: UsedPartLine }
  | { list: "expenses"; line: ExpenseLine }
  | { list: "faults"; line: FaultLine }
  | { list: "readings"; line: ReadingLine }
  | { list: "photos"; line: PhotoLine }
  | { list: "scans"; line: ScanLine };

/** Return the line that an entry adds to a visit, or null when it adds none. */
export function lineOf(entry: Entry, visit: VisitRow, timeZone: string, waiting: ReadonlySet<string>): Line | null {
  const said = new Said(entry.body);
  const shown = entry.shown ?? {};
  const head: SheetLine = { id: entry.op, entered_at: entry.at, voided_at: null, void_reason: null };
  switch (entry.t) {
    case "time.log":
      return {
        list: "times",
        line: {
          ...head,
          kind: said.text("kind"),
          minutes: said.number("minutes"),
          operation: shown.operation ?? null,
          operation_name: shown.operation_name ?? null,
          standard_minutes: shown.standard_minutes ?? null,
          started_at: said.maybe("started_at"),
          ended_at: said.maybe("ended_at"),
          note: said.text("note"),
        },
      };
    case "part.use":
      return {
        list: "parts",
        line: {
          ...head,
          kind: said.text("kind"),
          part_id: said.text("part_id"),
          number: shown.number ?? "",
          name: shown.name ?? "",
          quantity: said.number("quantity"),
          unit_of_measure: said.text("unit_of_measure"),
          old_serial: said.text("old_serial"),
          new_serial: said.text("new_serial"),
          component: shown.component ?? null,
          designator: said.text("designator"),
          used_on: said.maybe("used_on") ?? dayAt(visit.arrived_at ?? visit.started_at ?? visit.planned_from, timeZone),
          entered_on: dayAt(entry.at, timeZone),
          on_hold: false,
        },
      };
    case "expense.add":
      return {
        list: "expenses",
        line: {
          ...head,
          direction: said.text("direction"),
          kind: said.text("kind"),
          amount_minor: said.number("amount_minor"),
          currency: said.text("currency"),
          photo_id: said.maybe("photo_id"),
          note: said.text("note"),
        },
      };
    case "fault.record":
      return {
        list: "faults",
        line: {
          ...head,
          fault_code_id: said.text("fault_code_id"),
          code: shown.code ?? "",
          name: shown.name ?? "",
          no_fault_found: shown.no_fault_found ?? false,
          symptom: said.text("symptom"),
          cause: said.text("cause"),
          action: said.text("action"),
          component: shown.component ?? null,
          component_name: shown.component_name ?? null,
          designator: said.text("designator"),
          failed_on: said.maybe("failed_on"),
        },
      };
    case "reading.record":
      return {
        list: "readings",
        line: {
          ...head,
          name: said.text("name"),
          value: said.text("value"),
          unit_of_measure: said.text("unit_of_measure"),
        },
      };
    case "photo.add":
      return {
        list: "photos",
        line: {
          ...head,
          kind: said.text("kind"),
          caption: said.text("caption"),
          sha256: said.text("sha256"),
          arrived: !waiting.has(entry.op),
          taken_at: said.maybe("taken_at"),
        },
      };
    case "scan.record":
      return {
        list: "scans",
        line: {
          id: entry.op,
          source: said.text("source"),
          scanned_text: said.text("scanned_text"),
          matches_job: null,
          told: entry.answer,
          scanned_at: said.text("scanned_at"),
        },
      };
    default:
      return null;
  }
}

/** The fields of a command's body, with the defaults the server gives to those left out. */
class Said {
  constructor(private readonly body: Record<string, unknown>) {}

  text(field: string): string {
    return this.maybe(field) ?? "";
  }

  maybe(field: string): string | null {
    const value = this.body[field];
    return typeof value === "string" ? value : null;
  }

  number(field: string): number {
    const value = this.body[field];
    return typeof value === "number" ? value : 0;
  }
}

/** Return the calendar day of a moment where the machine stands; in UTC when the zone is not known here. */
export function dayAt(moment: string, timeZone: string): string {
  const options = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const at = new Date(moment);
  try {
    return new Intl.DateTimeFormat("en-CA", { ...options, timeZone }).format(at);
  } catch {
    return at.toISOString().slice(0, 10);
  }
}
