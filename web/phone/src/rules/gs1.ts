/** GS1 messages: application identifiers composed to an element string or to the bracketed text people read. */

import {
  Broken,
  checkDigit,
  type Elements,
  FIELDS,
  type Field,
  fieldAt,
  GS,
  isGtin,
  KEYS,
  padded,
  strip,
} from "./gs1_fields";

// Each entry: an identifier (or the stem of a family) that may not share a symbol with the others of the entry.
const INVALID_PAIRS = (
  "01 02 255 37 8006,21 235,255 02 415 8006 8020 8026,37 8006,390 391 394 8111,392 393 395,393 395,394 8111,395 8005," +
  "420 421,421 4307,426 422 423 424 425,4330 4331,4332 4333,8006 8026,8017 8018,8026 02"
)
  .split(",")
  .map((entry) => entry.split(" "));

/** Adds a checked value to a message. An identifier may repeat only what it said before. Throws Broken. */
export function add(found: Elements, field: Field, value: string): void {
  field.check(value);
  if ((found.get(field.ai) ?? value) !== value) throw new Broken();
  found.set(field.ai, value);
}

/** Refuses identifiers that contradict each other in one symbol. Throws Broken, with the reading. */
export function checkPairs(found: Elements): void {
  const ais = [...found.keys()];
  for (const [one = "", ...others] of INVALID_PAIRS) {
    if (!ais.some((ai) => ai.startsWith(one))) continue;
    const clash = ais.find((ai) => others.some((other) => ai.startsWith(other)));
    if (clash) throw new Broken(found);
  }
  const measures = ais.filter((ai) => ai[0] === "3" && ai.length === 4).map((ai) => ai.slice(0, 3));
  if (new Set(measures).size < measures.length) throw new Broken(found);
}

/** The identifiers of an element string, separators as ASCII 29; the whole text must parse. Throws Broken. */
export function readElements(text: string): Elements {
  const found: Elements = new Map();
  for (let at = 0; at < text.length; ) {
    const field = fieldAt(text, at);
    if (!field) throw new Broken();
    const start = at + field.ai.length;
    const separator = text.indexOf(GS, start);
    let end = separator < 0 ? text.length : separator;
    if (field.fixed) end = Math.min(end, start + field.fixed);
    add(found, field, text.slice(start, end));
    at = text[end] === GS ? end + 1 : end;
  }
  if (!found.size) throw new Broken();
  checkPairs(found);
  return found;
}

/**
 * The identifiers of the text people read: `(01)09506000134352(21)A7`. Throws Broken. A bracket inside a value may be
 * written with a backslash before it; without one it counts as an identifier's only where it encloses a known one.
 */
export function readBracketed(text: string): Elements {
  // The backslash is matched, not looked back at: phones before 2023 cannot look back.
  const brackets = [...text.matchAll(/\\?\((\d{2,4})\)/g)].filter((mark) => !mark[0].startsWith("\\"));
  const marks = brackets.filter((mark) => FIELDS.has(mark[1] ?? ""));
  if (brackets[0]?.index !== 0 || brackets[0] !== marks[0]) throw new Broken();
  const found: Elements = new Map();
  marks.forEach((mark, n) => {
    const field = FIELDS.get(mark[1] ?? "");
    const value = text.slice(mark.index + mark[0].length, marks[n + 1]?.index);
    if (field) add(found, field, strip(value, ` \t\r\n${GS}`).replaceAll("\\(", "("));
  });
  checkPairs(found);
  return found;
}

/** Whether a text begins with an identifier by more than accident: three digits or four, and a form to keep. */
export function isTelling(text: string): boolean {
  const field = fieldAt(text);
  if (!field || field.ai[0] === "3" || field.ai.length === 2) return false;
  return field.ai.length === 4 || (!field.free && !KEYS.has(field.ai));
}

/** Whether the text begins with a key made of digits, one of them wrong or missing at most. */
export function isNearlyAKey(text: string): boolean {
  const field = fieldAt(text);
  if (!field || !KEYS.has(field.ai) || field.free) return false;
  const body = [...text].slice(field.ai.length, field.ai.length + field.shortest);
  return body.length >= field.shortest - 1 && body.filter((sign) => !/\d/.test(sign)).length <= 1;
}

/** The GTIN that these digits are, unless its prefix (02, 04, 2; 0 and 2 of eight digits) is for shops' own use. */
export function bareGtin(text: string): string | undefined {
  if (![8, 12, 13, 14].includes(text.length) || !isGtin(padded(text))) return undefined;
  const own = text.length === 8 ? /^[02]/.test(text) : /^.(0[24]|2)/.test(padded(text));
  return own ? undefined : padded(text);
}

/** The twelve digits that the eight of a UPC-E symbol stand for, if they check. */
export function upcA(digits: string): string | undefined {
  const [, system, body = "", last = "", check] = /^([01])(\d{5})(\d)(\d)$/.exec(digits) ?? [];
  if (!system) return undefined;
  let middle = `${body}0000${last}`;
  if (last < "3") middle = `${body.slice(0, 2)}${last}0000${body.slice(2)}`;
  else if (last < "5") middle = `${body.slice(0, Number(last))}00000${body.slice(Number(last))}`;
  return checkDigit(system + middle) === check ? system + middle + check : undefined;
}
