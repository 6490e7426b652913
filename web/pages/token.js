// Reads and checks the sealed token of a report's QR. A second implementation beside the server's, which it shares
// nothing with: a small CBOR reader (RFC 8949, deterministic encoding only), COSE_Sign1 with ES256 (RFC 9052) and the
// browser's own WebCrypto.

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const TOKEN_LETTERS = 212;
const COSE_SIGN1 = 18;
const ALGORITHM = 1;
const ES256 = -7;
const KEY_ID = 4;
/** Half the order of P-256: of two signatures that fit, the one with the lower s counts. */
const S_MAX = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;
const DAY_MS = 86_400_000;

class Malformed extends Error {}

/** What the token in an address says if one of the keys for tokens signed it, else null: {keyId, revision, serialEnds, day, result}. */
export async function readToken(text, keys) {
  try {
    const { protectedBytes, payload, signature, said } = read(bytesOf(text));
    const jwk = keys.find((key) => key.kid === said.keyId && key.purpose === "token");
    if (!jwk || numberOf(signature.subarray(32)) > S_MAX) return null;
    const key = await crypto.subtle.importKey(
      "jwk",
      { kty: "EC", crv: "P-256", x: jwk.x, y: jwk.y },
      { name: "ECDSA", namedCurve: "P-256" },
      false,
      ["verify"],
    );
    const signed = [0x84, ...header(3, 10), ...new TextEncoder().encode("Signature1")];
    signed.push(...header(2, protectedBytes.length), ...protectedBytes, ...header(2, 0));
    signed.push(...header(2, payload.length), ...payload);
    const fits = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, new Uint8Array(signed));
    return fits ? { ...said, key: jwk } : null;
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** Whether a text has the length of a sealed token: older codes are only known to the register. */
export function looksSealed(text) {
  return text.length === TOKEN_LETTERS;
}

function bytesOf(text) {
  demand(looksSealed(text));
  const bytes = [];
  let bits = 0;
  let held = 0;
  for (const letter of text) {
    const value = LETTERS.indexOf(letter);
    demand(value >= 0);
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push(held >> bits);
      held &= (1 << bits) - 1;
    }
  }
  demand(held === 0);
  return new Uint8Array(bytes);
}

function read(bytes) {
  const reader = new Reader(bytes);
  demand(reader.head(6) === COSE_SIGN1 && reader.head(4) === 4);
  const protectedBytes = reader.bytes();
  demand(reader.head(5) === 0);
  const payload = reader.bytes();
  const signature = reader.bytes(64);
  reader.end();

  const inner = new Reader(protectedBytes);
  demand(inner.head(5) === 2 && inner.number() === ALGORITHM && inner.number() === ES256);
  demand(inner.number() === KEY_ID);
  const keyId = hex(inner.bytes(4));
  inner.end();
  return { protectedBytes, payload, signature, said: { keyId, ...facts(new Reader(payload)) } };
}

function facts(reader) {
  demand(reader.head(4) === 7 && reader.number() === 1);
  const reportId = hex(reader.bytes(16));
  const revision = Number(numberOf(reader.bytes(2)));
  const serialEnds = reader.text(6);
  const day = new Date(reader.number() * DAY_MS).toISOString().slice(0, 10);
  const result = reader.text(1);
  const digest = hex(reader.bytes(16));
  reader.end();
  return { reportId, revision, serialEnds, day, result, digest };
}

class Reader {
  constructor(bytes) {
    this.rest = bytes;
  }

  /** The value in the head of the next item, which must be of a major type and written the shortest way. */
  head(wanted) {
    const [first] = this.take(1);
    const short = first & 31;
    demand(first >> 5 === wanted && short < 26);
    if (short < 24) return short;
    const value = Number(numberOf(this.take(short === 24 ? 1 : 2)));
    demand(value >= (short === 24 ? 24 : 256));
    return value;
  }

  number() {
    return this.rest[0] >> 5 === 1 ? -1 - this.head(1) : this.head(0);
  }

  bytes(length) {
    const found = this.take(this.head(2));
    demand(length === undefined || found.length === length);
    return found;
  }

  text(length) {
    const found = this.take(this.head(3));
    demand(found.length === length && found.every((byte) => byte >= 32 && byte < 127));
    return String.fromCharCode(...found);
  }

  take(length) {
    demand(length <= this.rest.length);
    const found = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return found;
  }

  end() {
    demand(this.rest.length === 0);
  }
}

function header(major, length) {
  return length < 24 ? [(major << 5) | length] : [(major << 5) | 24, length];
}

function numberOf(bytes) {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function demand(holds) {
  if (!holds) throw new Malformed();
}
