/** GS1 Digital Links: web addresses that carry a GS1 key. Old words (/gtin/…/ser/…) and unpadded GTINs are read too. */

import { add, checkPairs } from "./gs1";
import { Broken, type Elements, FIELDS, padded } from "./gs1_fields";

// A key, and the orders in which its qualifiers may follow it in the path.
const QUALIFIERS = new Map(
  (
    "00;01 22,10,21 235;253;255;401;402;414 254 7040;415 8020;417 7040;8003;8004 7040;8006 22,10,21;8010 8011;8013;" +
    "8017 8019;8018 8019"
  )
    .split(";")
    .map((entry) => {
      const [key = "", ...orders] = entry.split(" ");
      return [key, orders.map((order) => order.split(","))];
    }),
);

const WORDS = new Map(
  (
    "sscc 00,gtin 01,cpv 22,lot 10,ser 21,gdti 253,gcn 255,ginc 401,gsin 402,gln 414,glnx 254,payTo 415,refNo 8020," +
    "partyGln 417,grai 8003,giai 8004,itip 8006,cpid 8010,cpsn 8011,gmn 8013,gsrnp 8017,gsrn 8018,srin 8019"
  )
    .split(",")
    .map((entry) => entry.split(" ") as [string, string]),
);

// Everything RFC 3986 allows in an address, with percent signs only before two hexadecimal digits.
const ADDRESS = /^https?:\/\/((?:[A-Z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-F]{2})+)$/i;
const HOST = /^(?:[A-Z0-9\-._~]+|\[[0-9A-F:.]+\])(?::\d{1,5})?$/i;

/** Whether the text begins like a web address, in capitals or not. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

function unquote(written: string, fatal: boolean): string {
  const bytes: number[] = [];
  for (const [part] of written.matchAll(/%..|[^%]/g)) {
    bytes.push(part.length > 1 ? Number.parseInt(part.slice(1), 16) : part.charCodeAt(0));
  }
  return new TextDecoder("utf-8", { fatal, ignoreBOM: true }).decode(new Uint8Array(bytes));
}

function valueAt(ai: string, written: string): string {
  try {
    const value = unquote(written, true);
    return ai === "01" ? padded(value) : value;
  } catch {
    throw new Broken();
  }
}

function addTo(found: Elements, ai: string, written: string): void {
  const field = FIELDS.get(ai);
  if (!field) throw new Broken();
  add(found, field, valueAt(ai, written));
}

/** Reads the key and its qualifiers from the end of the path into `found`; what stands before them is anybody's. */
function readPath(segments: string[], found: Elements): string {
  while (segments.at(-1) === "") segments.pop();
  const pairs: [string, string][] = [];
  while (!QUALIFIERS.has(pairs[0]?.[0] ?? "")) {
    const [word, value] = segments.splice(-2);
    if (word === undefined || value === undefined) throw new Broken();
    const ai = WORDS.get(word) ?? word;
    if (!FIELDS.has(ai)) throw new Broken();
    pairs.unshift([ai, value]);
  }
  const [key = "", ...qualifiers] = pairs.map(([ai]) => ai);
  const fits = (order: string[]) => order.filter((ai) => qualifiers.includes(ai)).join() === qualifiers.join();
  if (qualifiers.length && !QUALIFIERS.get(key)?.some(fits)) throw new Broken();
  for (const [ai, value] of pairs) addTo(found, ai, value);
  return key;
}

/**
 * The identifiers of a Digital Link, and our own label's tag code if it has one. Throws Broken. Words among the
 * parameters are ignored; numbers there must be application identifiers.
 */
export function readLink(text: string): { elements: Elements; tag?: string } {
  const address = ADDRESS.exec(text)?.[1];
  if (address === undefined) throw new Broken();
  const [, before = "", query = ""] = /^([^?#]*)\??([^#]*)/.exec(address) ?? [];
  const [host = "", ...segments] = before.split("/");
  if (!HOST.test(host)) throw new Broken();
  const elements: Elements = new Map();
  const ofThePath = QUALIFIERS.get(readPath(segments, elements))?.flat() ?? [];
  let misplaced = "";
  let tag: string | undefined;
  for (const parameter of query.split(/&|;(?=[^&;=]+=)/)) {
    const [, name = "", value] = /^([^=]*)=(.*)$/.exec(parameter) ?? [];
    if (value === undefined) continue;
    if (name === "tag" && value) tag = unquote(value, false);
    if (!/^\d+$/.test(name)) continue;
    if (elements.has(name)) throw new Broken();
    // A bare plus in a query is a blank to half the world's software, and no identifier may hold a blank.
    addTo(elements, name, value.replaceAll("+", " "));
    if (ofThePath.includes(name)) misplaced ||= name;
  }
  checkPairs(elements);
  if (misplaced) throw new Broken(elements);
  return tag === undefined ? { elements } : { elements, tag };
}
