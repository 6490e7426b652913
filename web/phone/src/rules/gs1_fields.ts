/**
 * GS1 application identifiers: what each may hold. The table and its checks are those of domain/installs/gs1_fields.py;
 * all of them are here, because a text counts only when it parses to its end, past whatever stands beside the serial.
 */

export const GS = "\x1d";

/** The text without these signs at its ends. */
export function strip(text: string, signs: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && signs.includes(text.charAt(start))) start += 1;
  while (end > start && signs.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/**
 * Thrown for a text that breaks the rules of its format; `reading` is what it would say if the rule were waived. Which rule
 * it was is for the server to say: a phone's screen has no use for it.
 */
export class Broken {
  constructor(readonly reading: Elements = new Map()) {}
}

/** Values by their identifier. */
export type Elements = Map<string, string>;

// Identifiers (ranges; "/5" appends the decimal digits 0 to 5), then the parts of the value; lines end with ";". "*" marks
// a predefined length that needs no separator, "[ ]" an optional part, a comma a further check on the part.
const TABLE =
  "00 *N18,sum,given;01-03 *N14,sum,given;10 X..20;11-13 15-17 *N6,day0;20 *N2;21-22 X..20;235 X..28;" +
  "240-241 250-251 X..30;242 N..6;243 254 X..20;253 N13,sum [X..17];255 N13,sum [N..12];30 37 N..8;" +
  "310-316/5 320-329/5 330-337/5 340-349/5 350-357/5 360-369/5 *N6;390/9 392/9 N..15;391/9 393/9 N3 N..15;394/3 N4;" +
  "395/5 N6;400 403 X..30;401 X..30,company;402 N17,sum;410-417 *N13,sum,given;420 X..20;421 N3 X..9;422 424 426 N3;" +
  "423 425 N3 [N3] [N3] [N3] [N3];427 X..3;4300-4301 4310-4311 4320 X..35;4302-4306 4312-4316 X..70;4307 4317 X2;" +
  "4308 4319 X..30;4309 N20;4318 X..20;4321-4323 N1,flag;4324-4325 N6,day0 N4,time;4326 N6,day;4330-4333 N6 [X1,minus];" +
  "7001 N13;7002 X..30;7003 N6,day N4,time;7004 N..4;7005 X..12;7006 N6,day;7007 N6,day [N6,day];7008 X..3;7009 X..10;" +
  "7010 X..2;7011 N6,day [N4,time];7020-7022 X..20;7023 X..30,company;7030-7039 N3 X..27;7040 N1 X3;7041 X..4;" +
  "710-717 X..20;7230-7239 X2 X..28;7240 X..20;7241 N2;7242 X..25;7250 N8,fullday;7251 N8,fullday N4,time;7252 N1;" +
  "7253-7254 7259 X..40;7255 X..10;7256 X..90;7257 X..70;7258 N1 X1,slash N1;" +
  "8001 N4,given N5,given N3,given N1,winding N1;8002 8012 X..20;8003 N1,zero N13,sum [X..16];8004 X..30,company;8005 N6;" +
  "8006 8026 N14,sum,given N4,piece;8007 X..34;8008 N6,day N2,hour [N2,minute] [N2,minute];8009 X..50;8010 Y..30,company;" +
  "8011 N..12,counted;8013 X..25,company;8014 X..25;8017-8018 N18,sum;8019 N..10;8020 X..25;8030 Z..90;8040-8041 N15;" +
  "8042 N32;8043 N18 [N..2];8110 8112 X..70;8111 N4;8200 X..70;90 X..30;91-99 X..90";

/** What names a thing, a place or a document by itself; all others only describe one of these. */
export const KEYS = new Set(
  "00 01 02 03 253 255 401 402 410 411 412 413 414 415 416 417 8003 8004 8006 8010 8013 8017 8018 8026".split(" "),
);

const CHARACTERS: Record<string, string> = {
  N: "0-9",
  X: '!-"%-?A-Z_a-z', // the 82 characters of ISO/IEC 646 that every GS1 symbol can carry
  Y: "#\\-/0-9A-Z",
  Z: "\\-0-9A-Z_a-z=",
};

/** The GS1 check digit for these digits (without it): weights 3, 1, 3, … from the right, modulo 10. */
export function checkDigit(digits: string): string {
  let total = 0;
  for (let place = 1; place <= digits.length; place += 1) total += Number(digits.at(-place)) * (place % 2 ? 3 : 1);
  return String((10 - (total % 10)) % 10);
}

/** A GTIN of 8, 12, 13 or 14 digits as 14; anything else as it is. */
export function padded(gtin: string): string {
  return [8, 12, 13].includes(gtin.length) ? gtin.padStart(14, "0") : gtin;
}

function isDate(year: number, month: number, day: number): boolean {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return month >= 1 && month <= 12 && day >= 1 && day <= days;
}

const two = (value: string, at: number): number => Number(value.slice(at, at + 2));

// Any century will do: from 1951 to 2050 every fourth year is a leap year.
const isDay = (value: string): boolean => isDate(2000 + two(value, 0), two(value, 2), two(value, 4));

const CHECKS: Record<string, (value: string) => boolean> = {
  sum: (value) => checkDigit(value.slice(0, -1)) === value.at(-1),
  given: (value) => /[^0]/.test(value),
  zero: (value) => !/[^0]/.test(value),
  day: isDay,
  day0: (value) => isDay(value.endsWith("00") ? `${value.slice(0, 4)}01` : value),
  fullday: (value) => isDate(Math.max(Number(value.slice(0, 4)), 1), two(value, 4), two(value, 6)),
  hour: (value) => Number(value) < 24,
  minute: (value) => Number(value) < 60,
  time: (value) => value === "9999" || (two(value, 0) < 24 && two(value, 2) < 60),
  flag: (value) => value < "2",
  minus: (value) => value === "-",
  slash: (value) => value === "/",
  winding: (value) => "019".includes(value),
  counted: (value) => value === "0" || !value.startsWith("0"),
  piece: (value) => two(value, 0) > 0 && two(value, 0) <= two(value, 2),
  // a key of free length begins with its owner's company prefix, which has at least four digits
  company: (value) => value.length > 4 && /^\d{4}/.test(value),
};

/** What one identifier may hold: `fixed` is its predefined length, 0 where a separator ends it. */
export class Field {
  private readonly pattern: RegExp;

  constructor(
    readonly ai: string,
    readonly fixed: number,
    pattern: string,
    private readonly checks: string[][],
    readonly free: boolean,
    readonly shortest: number,
  ) {
    this.pattern = new RegExp(`^${pattern}$`);
  }

  /** Refuses a value that this identifier cannot hold. Throws Broken. */
  check(value: string): void {
    const match = this.pattern.exec(value);
    if (!match) throw new Broken();
    this.checks.forEach((names, part) => {
      for (const name of names) {
        const value = match[part + 1];
        if (value !== undefined && !CHECKS[name]?.(value)) throw new Broken();
      }
    });
  }

  fits(value: string): boolean {
    try {
      this.check(value);
      return true;
    } catch {
      return false;
    }
  }
}

function identifiers(token: string): string[] {
  const [stems = "", decimals] = token.split("/");
  const [first = "", last = first] = stems.split("-");
  const found: string[] = [];
  for (let n = Number(first); n <= Number(last); n += 1) {
    const stem = String(n).padStart(first.length, "0");
    for (let d = 0; d <= Number(decimals ?? 0); d += 1) found.push(decimals ? stem + d : stem);
  }
  return found;
}

function fields(): Map<string, Field> {
  const found = new Map<string, Field>();
  for (const line of TABLE.split(";")) {
    const tokens = line.split(" ");
    const parts = tokens.filter((token) => !/^\d/.test(token));
    const checks: string[][] = [];
    let pattern = "";
    let length = 0;
    let shortest = 0;
    for (const part of parts) {
      const [shape = "", ...names] = part.replace(/[*[\]]/g, "").split(",");
      const high = Number(shape.replace(/\D/g, ""));
      const low = shape.includes("..") ? 1 : high;
      const optional = part.startsWith("[");
      pattern += `([${CHARACTERS[shape.charAt(0)]}]{${low},${high}})${optional ? "?" : ""}`;
      checks.push(names);
      length += high;
      shortest += optional ? 0 : low;
    }
    const free = parts.length === 1 && line.includes(" X..");
    for (const token of tokens.slice(0, tokens.length - parts.length)) {
      for (const ai of identifiers(token)) {
        found.set(ai, new Field(ai, line.includes("*") ? length : 0, pattern, checks, free, shortest));
      }
    }
  }
  return found;
}

export const FIELDS = fields();

/** Whether these digits are a GTIN of fourteen digits. */
export function isGtin(digits: string): boolean {
  return FIELDS.get("01")?.fits(digits) ?? false;
}

/** The identifier that begins here; no identifier is the beginning of another. */
export function fieldAt(text: string, start = 0): Field | undefined {
  for (const length of [2, 3, 4]) {
    const field = FIELDS.get(text.slice(start, start + length));
    if (field) return field;
  }
  return undefined;
}
