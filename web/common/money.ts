/** Money in minor units, as it is stored and as it is typed. */

/** How many digits a currency has behind its point: two for EUR, none for JPY. */
export function minorDigits(currency: string): number {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** An amount as it is typed into a field: 4.50, without the currency. */
export function typedAmount(minor: number, currency: string): string {
  const digits = minorDigits(currency);
  return (minor / 10 ** digits).toFixed(digits);
}

/** Minor units of an amount as it was typed, with a comma or a point; null when it is none. */
export function minorUnits(typed: string, currency: string): number | null {
  const digits = minorDigits(currency);
  const found = /^(\d{1,8})(?:[.,](\d*))?$/.exec(typed.trim().replace(/\s/g, ""));
  if (!found || (found[2] ?? "").length > digits) return null;
  return Number(found[1]) * 10 ** digits + Number((found[2] ?? "").padEnd(digits, "0") || 0);
}
