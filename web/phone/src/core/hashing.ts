/** SHA-256 as hex, and the secrets a customer fetches a report with. */

/** Return the SHA-256 of bytes, or of a text in UTF-8, in hex. */
export async function sha256(content: ArrayBuffer | string): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const codeBytes = 16;
const pinRange = 1_000_000;

/**
 * Make a collection code of 128 random bits and a PIN of six digits, with the hashes that may leave the phone.
 *
 * The server makes and checks the same (domain/reports/codes.py).
 */
export async function newCollectionSecret(): Promise<{
  code: string;
  pin: string;
  code_hash: string;
  pin_hash: string;
}> {
  const code = base32(crypto.getRandomValues(new Uint8Array(codeBytes)));
  const pin = String(randomBelow(pinRange)).padStart(6, "0");
  return { code, pin, code_hash: await sha256(`collect:${code}`), pin_hash: await sha256(`pin:${code}:${pin}`) };
}

/** Base 32 of RFC 4648, without padding. */
export function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(held >> bits) & 31];
      held &= (1 << bits) - 1;
    }
  }
  return bits > 0 ? text + BASE32[(held << (5 - bits)) & 31] : text;
}

/** A number below `limit`, each as likely as the others: draws above its largest multiple are drawn again. */
function randomBelow(limit: number): number {
  const range = 2 ** 32;
  for (;;) {
    const drawn = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
    if (drawn < range - (range % limit)) return drawn % limit;
  }
}
