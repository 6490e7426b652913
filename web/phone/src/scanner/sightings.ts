/**
 * Which of the texts that were seen in several looks, or in several frames of the camera, may be believed.
 *
 * A wrong serial is worse than none. An error-corrected code needs fewer witnesses than one whose only guard is a check
 * digit (EAN, UPC) or none at all (Interleaved 2 of 5): these are read wrongly often enough to be told by three looks that
 * agree, and twice as often as anything else of their kind. The server judges photos by the same rule with two engines
 * (mobile_sync/photos/rule.py); a phone has one.
 */

export type Kind =
  | "QR Code"
  | "Data Matrix"
  | "Aztec"
  | "PDF417"
  | "Code 128"
  | "Code 39"
  | "ITF"
  | "EAN-13"
  | "EAN-8"
  | "UPC-A"
  | "UPC-E";

/** A text seen once. `symbology` is the AIM identifier, empty where the engine does not tell it. */
export interface Sighting {
  kind: Kind;
  text: string;
  symbology: string;
}

/** A text that was seen, how often, and whether it may be used without asking a person. */
export interface Code extends Sighting {
  looks: number;
  accepted: boolean;
}

const CORRECTED: readonly Kind[] = ["QR Code", "Data Matrix", "Aztec", "PDF417"];
const SERIAL: readonly Kind[] = ["Code 128", "Code 39"];
const RETAIL: readonly Kind[] = ["EAN-13", "EAN-8", "UPC-A", "UPC-E"];
const SERIAL_MIN = 4;
const ITF_MIN = 6;
const AGREEING_MIN = 3;

/**
 * Decides for every text whether it is accepted; accepted ones come first, often seen ones before others. `witnesses` is
 * in how many looks a code that guards itself well has to be seen.
 */
export function judge(looks: readonly (readonly Sighting[])[], witnesses: number): Code[] {
  const codes = new Map<string, Code>();
  for (const look of looks) {
    for (const seen of new Map(look.map((one) => [keyOf(one), one] as const))) {
      const code = codes.get(seen[0]);
      if (code) code.looks += 1;
      else if (seen[1].text) codes.set(seen[0], { ...seen[1], looks: 1, accepted: false });
    }
  }
  const all = [...codes.values()];
  for (const code of all) code.accepted = isAccepted(code, all, witnesses);
  return all.sort((one, other) => Number(other.accepted) - Number(one.accepted) || other.looks - one.looks);
}

function isAccepted(code: Code, all: readonly Code[], witnesses: number): boolean {
  if (CORRECTED.includes(code.kind)) return code.looks >= witnesses;
  // A scan line that was cut short tells a shorter code.
  const linear = all.filter((other) => other !== code && !CORRECTED.includes(other.kind));
  if (linear.some((other) => other.text !== code.text && other.text.includes(code.text))) return false;
  if (code.kind === "ITF" && (code.text.length < ITF_MIN || linear.some(standsAlone))) return false;
  const rivals = linear.filter((other) => family(other) === family(code) && !code.text.includes(other.text));
  if (standsAlone(code)) return code.looks >= Math.max(witnesses, ...rivalsToBeat(rivals, code));
  return code.looks >= Math.max(AGREEING_MIN, ...rivals.map((rival) => 2 * rival.looks));
}

/** Two labels on one photo are no rivals; readings of one length that differ in a character or two are. */
function rivalsToBeat(rivals: readonly Code[], code: Code): number[] {
  return rivals.filter((rival) => isNearly(rival.text, code.text)).map((rival) => 2 * rival.looks);
}

function isNearly(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  const differing = [...one].filter((sign, at) => sign !== other[at]).length;
  return differing > 0 && differing <= 2;
}

function standsAlone(code: Code): boolean {
  return SERIAL.includes(code.kind) && code.text.length >= SERIAL_MIN;
}

function family({ kind }: Sighting): string {
  return RETAIL.includes(kind) ? "retail" : kind;
}

/** Engines tell one UPC as twelve digits or as thirteen: GTINs compare as fourteen. */
function keyOf(seen: Sighting): string {
  return `${family(seen)} ${RETAIL.includes(seen.kind) ? seen.text.padStart(14, "0") : seen.text}`;
}
