/**
 * What a scanned or typed text says: which product (GTIN), which unit (serial), and how sure that is.
 *
 * The same reading as on the server, step by step; domain/installs/serials.py says why each step is there, and
 * tests/vectors/serials.json holds both to the same answers. A wrong serial is worse than none.
 */

import { bareGtin, isNearlyAKey, isTelling, readBracketed, readElements, upcA } from "./gs1";
import { Broken, type Elements, GS, isGtin, KEYS, padded, strip } from "./gs1_fields";
import { isEnvelope, readBare, readEnvelope } from "./identifiers";
import { isWebAddress, readLink } from "./links";
import { pattern } from "./patterns";

export type Format =
  | "gs1-element-string"
  | "gs1-digital-link"
  | "gs1-bracketed"
  | "iso-15434"
  | "data-identifiers"
  | "retail"
  | "maker"
  | "vendor"
  | "plain"
  | "invalid";

/** A reading; alternatives are looked up, never believed alone. */
export interface Reading {
  gtin?: string;
  serial?: string;
  model?: string;
}

/** A text, understood. `sure`: it or its symbol says what it is, and no other reading was found. */
export interface Parsed extends Reading {
  format: Format;
  text: string;
  identifiers: Record<string, string>;
  sure: boolean;
  alternatives: Reading[];
  tag?: string;
}

/** How a maker writes the serials of a model; the pattern names `(?P<serial>…)` and perhaps `(?P<model>…)`. */
export interface MakerFormat {
  model: string;
  pattern: string;
}

const LONGEST = 4096;
const MAKERS_LONGEST = 64;
const SYMBOLOGY = /^\][A-Za-z][0-9A-Za-z]/;
const GS1_SYMBOLS = "]C1 ]e0 ]e1 ]e2 ]d2 ]d5 ]Q3 ]Q4 ]J1 ]J4 ]z1 ]z4".split(" ");
const TWO_DIMENSIONAL = /^\][LQUdzJ]/;
/** The symbology identifier of text that a person typed (ISO/IEC 15424). */
export const TYPED = "]Z0";
const COMPOSITE = "|]e0";

const SERIAL = /^[0-9A-Za-z][0-9A-Za-z .\-/_+#*$%:()&]{0,63}$/;
const NO_SERIAL = /^(?:[A-Za-z]{2,}:|.*\/\/|(?:.*\/)?01\/\d{8})/; // word: value; addresses, also without http
const LABELLED = /^(?:s\/?n|serial(?: no\.?| number)?)(?:[:#.][ \t-\r]*|[ \t-\r]+)([0-9A-Z\-/.]{3,40})$/i;
const DATA_IDENTIFIER_S = /^S(?=.*\d)([0-9A-Z-]{4,})$/;
const IMPORTED_VIN = /^I([0-9A-HJ-NPR-Z]{17})$/;

/** Decides what a text says; `symbology` is an AIM identifier such as `]C1`, else one in front of the text counts. */
export function parse(text: string, symbology?: string, makers: readonly MakerFormat[] = []): Parsed {
  if (length(text) > LONGEST) return parsed("invalid", text, {});
  const declared = symbology?.length === 3 ? SYMBOLOGY.exec(symbology) : null;
  const symbol = (declared ?? SYMBOLOGY.exec(text))?.[0] ?? "";
  let payload = text.startsWith(symbol) ? text.slice(symbol.length) : text;
  payload = strip(payload.normalize("NFKC"), " \t\r\n"); // full-width digits and brackets of Chinese keyboards
  while (payload.endsWith(GS)) payload = payload.slice(0, -1); // a reader may end every text with a separator
  try {
    if (!payload) throw new Broken();
    return framed(text, payload, symbol) ?? made(text, payload, makers) ?? bare(text, payload, symbol);
  } catch (broken) {
    if (!(broken instanceof Broken)) throw broken;
    // A maker's own web address or label breaks the rules of everybody else's.
    return made(text, payload, makers) ?? parsed("invalid", text, {}, waived(broken.reading));
  }
}

function parsed(format: Format, text: string, reading: Reading, alternatives: Reading[] = []): Parsed {
  return { format, text, identifiers: {}, sure: false, alternatives, ...given(reading) };
}

function given(reading: Reading): Reading {
  return Object.fromEntries(Object.entries(reading).filter(([, value]) => value !== undefined));
}

/** Reads a text that its symbol or its own frame explains. Throws Broken where it does not fit them. */
function framed(text: string, payload: string, symbol: string): Parsed | undefined {
  if (symbol.startsWith("]E") || (symbol.startsWith("]I") && length(payload) === 14)) {
    return retail(text, payload, symbol);
  }
  if (isWebAddress(payload)) {
    const { elements, tag } = readLink(payload);
    return { ...message("gs1-digital-link", text, elements), ...(tag === undefined ? {} : { tag }) };
  }
  if (isEnvelope(payload)) {
    const { elements, fields } = readEnvelope(payload);
    return ofFields("iso-15434", text, elements, fields);
  }
  if (GS1_SYMBOLS.includes(symbol)) {
    return message("gs1-element-string", text, readElements(unled(payload).replaceAll(COMPOSITE, GS)));
  }
  if (/^\(\d{2,4}\)/.test(payload)) return message("gs1-bracketed", text, readBracketed(payload));
  if (payload.includes(GS)) {
    try {
      return message("gs1-element-string", text, readElements(unled(payload)));
    } catch (broken) {
      if (!attempt(readBare, payload)) throw broken;
    }
  }
  const fields = attempt(readBare, payload);
  return fields && ofFields("data-identifiers", text, new Map(), fields);
}

/** The text without the FNC1 that some readers leave in front. */
function unled(payload: string): string {
  return payload.startsWith(GS) ? payload.slice(1) : payload;
}

function made(text: string, payload: string, makers: readonly MakerFormat[]): Parsed | undefined {
  const readings: Reading[] = [];
  for (const maker of length(payload) <= MAKERS_LONGEST ? makers : []) {
    const { serial, model = maker.model } = serialPattern(maker.pattern)?.exec(payload)?.groups ?? {};
    const isNew = !readings.some((other) => other.serial === serial && other.model === (model || maker.model));
    if (serial && isNew) readings.push({ serial, model: model || maker.model });
  }
  if (!readings.length) return undefined;
  const [first] = readings;
  const one = (name: "serial" | "model") =>
    readings.every((other) => other[name] === first?.[name]) ? first?.[name] : undefined;
  const found = parsed("maker", text, { serial: one("serial"), model: one("model") });
  return { ...found, sure: readings.length === 1, alternatives: readings.length > 1 ? readings : [] };
}

const compiled = new Map<string, RegExp | null>();

function serialPattern(written: string): RegExp | null {
  let found = compiled.get(written);
  if (found === undefined) {
    found = written.includes("(?P<serial>") ? pattern(written) : null;
    compiled.set(written, found);
  }
  return found;
}

/** Reads a text that nothing explains: by its symbol's habit or, without one, by what chance cannot make. */
function bare(text: string, payload: string, symbol: string): Parsed {
  const asItIs = isSerial(payload, symbol) ? [{ serial: payload }] : [];
  const gtin = bareGtin(payload);
  const elements: Elements = attempt(readElements, payload) ?? new Map();
  if (!symbol) {
    if (gtin) return parsed("retail", text, { gtin }, asItIs);
    if (elements.size && ([...elements.keys()].some((ai) => KEYS.has(ai)) || isTelling(payload))) {
      return message("gs1-element-string", text, elements, asItIs);
    }
    if (isTelling(payload) || isNearlyAKey(payload)) return parsed("invalid", text, {}, asItIs);
  }
  if (!asItIs.length) return parsed("vendor", text, {});
  const others: Reading[] = gtin ? [{ gtin }] : [];
  if (elements.has("01") || elements.has("8006")) {
    // GS1 whose printer left out FNC1
    others.push(given({ gtin: elements.get("01"), serial: elements.get("21") }));
  }
  const expanded = upcA(payload);
  if (expanded) others.push({ gtin: padded(expanded) });
  for (const look of [LABELLED, DATA_IDENTIFIER_S, IMPORTED_VIN]) {
    const serial = look.exec(payload)?.[1];
    if (serial) others.push({ serial });
  }
  return { ...parsed("plain", text, { serial: payload }, others), sure: !others.length };
}

function message(format: Format, text: string, elements: Elements, others: Reading[] = []): Parsed {
  const gtin = elements.get("01");
  const serial = elements.get("21");
  const alternatives = [...others];
  if (format === "gs1-element-string" && serial) {
    // Where a separator is missing, the serial has swallowed what follows it: a date, most often.
    for (let n = 1; n < serial.length - 7; n += 1) {
      if (/^1[1357]/.test(serial.slice(n)) && attempt(readElements, serial.slice(n))) {
        alternatives.push(given({ gtin, serial: serial.slice(0, n) }));
      }
    }
  }
  const found = parsed(format, text, { gtin, serial }, alternatives);
  return { ...found, identifiers: without(elements, "01", "21"), sure: !alternatives.length };
}

function ofFields(format: Format, text: string, elements: Elements, fields: Elements): Parsed {
  const serial = elements.get("21") || fields.get("S")?.trim() || undefined;
  const gtin = fields.get("8P") ?? "";
  const others = isGtin(gtin) ? [given({ gtin, serial })] : [];
  const found = parsed(format, text, { gtin: elements.get("01"), serial }, others);
  const identifiers = without(new Map([...elements, ...fields]), "01", "21", "S");
  return { ...found, identifiers, sure: format === "iso-15434" && !others.length };
}

function without(elements: Elements, ...names: string[]): Record<string, string> {
  return Object.fromEntries([...elements].filter(([name]) => !names.includes(name)));
}

/** Reads what an EAN, UPC or ITF-14 symbol carries: digits that check, with an add-on or a composite part. */
function retail(text: string, payload: string, symbol: string): Parsed | undefined {
  const cut = payload.indexOf(COMPOSITE);
  let digits = cut < 0 ? payload : payload.slice(0, cut);
  const composite = cut < 0 ? "" : payload.slice(cut + COMPOSITE.length);
  const rest = composite ? readElements(composite) : [];
  if (symbol === "]E3") digits = /^.{15}(?:...)?$/.test(digits) ? digits.slice(0, 13) : "";
  const retailLengths: Record<string, number[]> = { "]E0": [8, 12, 13], "]E3": [13], "]E4": [8] };
  const lengths = symbol.startsWith("]I") ? [14] : (retailLengths[symbol] ?? []);
  if (!/^\d+$/.test(digits) || !lengths.includes(digits.length)) throw new Broken();
  const others: Reading[] = [];
  const expanded = symbol === "]E0" ? upcA(digits) : undefined;
  if (expanded) {
    if (isGtin(padded(digits))) others.push({ gtin: padded(digits) });
    digits = expanded;
  }
  if (!isGtin(padded(digits))) {
    // Without a declared check digit, fourteen digits are just a number.
    if (symbol.startsWith("]I") && symbol !== "]I1") return undefined;
    throw new Broken();
  }
  return message("retail", text, new Map([["01", padded(digits)], ...rest]), others);
}

function waived(reading: Elements): Reading[] {
  const gtin = reading.get("01");
  const serial = reading.get("21");
  return gtin || serial ? [given({ gtin, serial })] : [];
}

function attempt(read: (text: string) => Elements, payload: string): Elements | undefined {
  try {
    return read(payload);
  } catch {
    return undefined;
  }
}

/** Whether a plain text looks like a serial. Two-dimensional symbols carry words too: there it needs a digit. */
function isSerial(payload: string, symbol: string): boolean {
  if (!SERIAL.test(payload) || NO_SERIAL.test(payload)) return LABELLED.test(payload);
  if (symbol === TYPED) return true;
  const hasDigit = /\d/.test(payload);
  // A serial may be printed in groups; sentences and lists are something else.
  if (payload.includes(" ") && (/[a-z]/.test(payload) || !hasDigit || payload.length > 24)) return false;
  return hasDigit || !TWO_DIMENSIONAL.test(symbol);
}

/** Characters as the server counts them. */
function length(text: string): number {
  return [...text].length;
}

/** The key a serial is looked up by: half-width, upper case, without blanks, dashes and control characters. */
export function normalise(serial: string): string {
  return serial
    .normalize("NFKC")
    .toUpperCase()
    .normalize("NFKC")
    .replace(/[-\u00ad\u2010-\u2015\u2212\s\p{Cc}\p{Cf}]/gu, "");
}

/** What a text may mean, surest first; a GTIN alone names no unit. */
export function readingsOf(text: Parsed): (Reading & { key: string })[] {
  return [text, ...text.alternatives].flatMap((one) => (one.serial ? [{ ...one, key: normalise(one.serial) }] : []));
}
