/**
 * Parts and fault codes as they are looked for on a screen: words in any order, each anywhere in the number, the name or the
 * Chinese name; dashes, and blanks in a number, do not matter. What was used last comes first.
 *
 * The texts of some hundred rows stand in one string, which a browser searches as fast as its memory: 50,000 parts need no
 * library, no tree of words and no worker.
 */

import type { FaultCodeRow, PartRow, RowKind } from "../core/wire";
import { lastUsed } from "./recent";

const ROWS_PER_SEGMENT = 500;
/** How long building may hold up the screen at a time. */
const SLICE_MS = 8;
const ROW = "\u0001";
const FIELD = "\u0002";
/** So many matches of one quality are put in order; nobody reads further without typing on. */
const SORTED_MAX = 400;
/** So many rows that fit are looked at: a text that fits more is not yet a question. */
const FITTING_MAX = 5000;

interface Segment {
  /** Every row as ROW, number, name and Chinese name, folded. */
  text: string;
  /** Where each row begins in the text; one more for the end. */
  starts: Uint32Array;
  /** Place of its first row among all rows. */
  first: number;
}

/** Half-width, small letters, no dashes: as texts are written here and as they are looked for. */
function fold(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[-_\u00ad\u2010-\u2015\u2212]+/g, "");
}

class Index<T extends { id: string }> {
  private rows: readonly T[] = [];
  private segments: Segment[] = [];
  private turn = 0;
  private used: { ids: readonly string[]; rows: readonly T[]; places: number[] } = { ids: [], rows: [], places: [] };

  constructor(
    private readonly keyOf: (row: T) => string,
    private readonly namesOf: (row: T) => string[],
  ) {}

  /** Takes new rows in slices; until all are in, the old ones are found. A later load overtakes an earlier one. */
  async load(rows: readonly T[]): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    const segments: Segment[] = [];
    let began = performance.now();
    for (let first = 0; first < rows.length; first += ROWS_PER_SEGMENT) {
      segments.push(this.segment(rows.slice(first, first + ROWS_PER_SEGMENT), first));
      if (performance.now() - began < SLICE_MS) continue;
      await aBreath();
      if (turn !== this.turn) return;
      began = performance.now();
    }
    this.rows = rows;
    this.segments = segments;
  }

  private segment(rows: readonly T[], first: number): Segment {
    const texts = rows.map((row) => {
      const text = [this.keyOf(row).replace(/\s+/g, ""), ...this.namesOf(row)].join(FIELD);
      return ROW + (text.includes(ROW) ? text.replaceAll(ROW, " ") : text);
    });
    const text = fold(texts.join(""));
    const starts = new Uint32Array(rows.length + 1).fill(text.length);
    for (let n = 0, at = text.indexOf(ROW); at >= 0; n += 1, at = text.indexOf(ROW, at + 1)) starts[n] = at;
    return { text, starts, first };
  }

  /** The best rows for a text: last used, of this number, of numbers that begin so, of words that begin so, others. */
  search(text: string, limit: number): T[] {
    const words = fold(text).split(/\s+/).filter(Boolean);
    const whole = words.join("");
    const [main = ROW, ...others] = [...words].sort((one, other) => other.length - one.length);
    const exact: number[] = [];
    const begun: number[] = [];
    const worded: number[] = [];
    const elsewhere: number[] = [];
    if (whole) {
      this.each(ROW + whole + FIELD, [], SORTED_MAX, (place) => exact.push(place));
      this.each(ROW + whole, [], SORTED_MAX, (place) => begun.push(place));
    }
    this.each(main, others, FITTING_MAX, (place, row) => {
      const kept = words.every((word) => beginsAWord(row, word)) ? worded : elsewhere;
      if (kept.length < SORTED_MAX) kept.push(place);
    });
    const byKey = (one: number, other: number): number => (this.key(one) < this.key(other) ? -1 : 1);
    const sorted = [exact, begun, worded, elsewhere].flatMap((places) => places.sort(byKey));
    const places = new Set([...this.recent(words), ...sorted]);
    return [...places].slice(0, limit).flatMap((place) => this.rows[place] ?? []);
  }

  /** Visits the rows that hold a text and these words, at most so many. */
  private each(sought: string, words: string[], max: number, visit: (place: number, row: string) => void): void {
    let left = max;
    for (const { text, starts, first } of this.segments) {
      let n = 0;
      for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, starts[n])) {
        while ((starts[n + 1] ?? text.length) <= at) n += 1;
        const row = text.slice(starts[n], starts[n + 1]);
        if (holdsAll(row, words)) {
          visit(first + n, row);
          left -= 1;
          if (left === 0) return;
        }
        n += 1;
        if ((starts[n] ?? text.length) >= text.length) break;
      }
    }
  }

  private key(place: number): string {
    const row = this.rows[place];
    return row ? this.keyOf(row) : "";
  }

  /** Where the rows are that were used last and fit the words, last used first. */
  private recent(words: string[]): number[] {
    const ids = lastUsed();
    if (this.used.ids !== ids || this.used.rows !== this.rows) {
      const places = new Map<string, number>();
      const wanted = new Set(ids);
      for (const [place, { id }] of this.rows.entries()) if (wanted.has(id)) places.set(id, place);
      this.used = { ids, rows: this.rows, places: ids.flatMap((id) => places.get(id) ?? []) };
    }
    return this.used.places.filter((place) => {
      const row = this.rows[place];
      return row !== undefined && holdsAll(this.segment([row], 0).text, words);
    });
  }
}

function holdsAll(text: string, words: string[]): boolean {
  return words.every((word) => text.includes(word));
}

function beginsAWord(row: string, word: string): boolean {
  for (let at = row.indexOf(word); at >= 0; at = row.indexOf(word, at + 1)) {
    if (/[^a-z0-9]/.test(row.charAt(at - 1))) return true;
  }
  return false;
}

/** Lets the screen draw; a message comes at once, where a timer waits four milliseconds. */
function aBreath(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}

const parts = new Index<PartRow>(
  (part) => part.number,
  (part) => [part.name, part.name_zh],
);
const faults = new Index<FaultCodeRow>(
  (fault) => fault.code,
  (fault) => [fault.name, fault.name_zh, fault.group_name, fault.group_name_zh],
);

/** Makes these rows of the catalogue findable in place of those of their kind before; other kinds are passed over. */
export async function load(rows: readonly { k: RowKind; d: unknown }[]): Promise<void> {
  const of = <T>(kind: RowKind): T[] => rows.filter((row) => row.k === kind).map((row) => row.d as T);
  const kinds = new Set(rows.map((row) => row.k));
  if (kinds.has("part")) await parts.load(of<PartRow>("part"));
  if (kinds.has("fault_code")) await faults.load(of<FaultCodeRow>("fault_code"));
}

/** Parts that fit all words of the text, best first; without a word those used last, then by number. */
export function searchParts(text: string, limit = 30): PartRow[] {
  return parts.search(text, limit);
}

/** Fault codes that fit all words of the text by code, name or group, best first. */
export function searchFaults(text: string, limit = 30): FaultCodeRow[] {
  return faults.search(text, limit);
}
