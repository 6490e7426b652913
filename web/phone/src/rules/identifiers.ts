/** Data identifiers of industry labels (ANSI MH10.8.2), in the envelope of ISO/IEC 15434 or bare. */

import { readElements } from "./gs1";
import { Broken, type Elements, GS, strip } from "./gs1_fields";

const RS = "\x1e";
const EOT = "\x04";

// Printers and readers drop the RS or the bracket of "[)>", RS, number, GS, or add a character of their own before it; what
// they leave is ")>" and two digits (between them anything up to a blank), or at least the number and its GS.
const HEADER = /^[[\]>]{0,2}\)>[^!-\uffff]{0,2}(?=\d\d)/;
const HEADLESS = [`05${GS}`, `06${GS}`];
const FIELD = /^((?:[1-9]\d{0,2})?[A-Z])([ -~]*)$/;
// Bare fields have no header to vouch for them: only the usual categories, and no value that is a word with a colon.
const BARE = /^((?:[1-9]\d?)?[BDKLNPQSTVWZ])(?![A-Za-z]*[:=])([!-~]+)$/;

// What Python splits at, less the blanks that NFKC has made plain ones.
const BLANKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\u1680\u2028\u2029";
const BETWEEN = new RegExp(`[${BLANKS}]+`);

/** Whether the text begins with an ISO/IEC 15434 header, whole or damaged. */
export function isEnvelope(text: string): boolean {
  return HEADER.test(text) || HEADLESS.some((header) => text.startsWith(header));
}

function add(found: Elements, pattern: RegExp, written: string): void {
  const [, identifier, value] = pattern.exec(written) ?? [];
  if (identifier === undefined || value === undefined) throw new Broken();
  const first = found.get(identifier) ?? value;
  if (first !== value && identifier === "S") throw new Broken();
  found.set(identifier, first);
}

/**
 * The GS1 identifiers (format 05) and the data identifiers (format 06) of an envelope; other formats are passed over. Of
 * a data identifier repeated with another value the first is kept; two serials are refused. Throws Broken.
 */
export function readEnvelope(text: string): { elements: Elements; fields: Elements } {
  const elements: Elements = new Map();
  const fields: Elements = new Map();
  const [messages = ""] = text.replace(HEADER, "").split(EOT);
  for (const message of strip(messages, `${RS}\r\n `).split(RS)) {
    const number = message.slice(0, 2);
    if (number !== "05" && number !== "06") continue;
    if (!message.includes(GS)) throw new Broken();
    const body = strip(message.slice(2), `${GS}\r\n `);
    if (number === "06") for (const field of body.split(GS)) add(fields, FIELD, field);
    else for (const [ai, value] of readElements(body)) elements.set(ai, value);
  }
  if (!elements.size && !fields.size) throw new Broken();
  return { elements, fields };
}

/**
 * Data identifiers without an envelope, between separators or blanks: `PWBP-302 1PMPN-302 Q1`. Two fields at least, every
 * one of them an identifier of its own, and an item or a serial among them. Throws Broken.
 */
export function readBare(text: string): Elements {
  const words = text.includes(GS) ? strip(text, GS).split(GS) : text.split(BETWEEN).filter((word) => word);
  const found: Elements = new Map();
  for (const word of words) add(found, BARE, strip(word, BLANKS));
  const named = ["P", "1P", "S"].some((item) => found.has(item));
  if (found.size < 2 || found.size < words.length || !named) throw new Broken();
  return found;
}
