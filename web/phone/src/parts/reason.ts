/** A reason as the server takes it: at least three signs, where two Chinese characters are a whole word. Pure. */

const SHORTEST = 3;

export function isReason(text: string): boolean {
  return text.trim().length >= 2;
}

export function reasonText(text: string): string {
  return text.trim().padEnd(SHORTEST, ".");
}
