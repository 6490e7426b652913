/** What a batch of payments comes to. Pure: no browser in here. */

/** More claims are not paid in one request. */
export const PAID_AT_ONCE_MAX = 500;

export interface Payable {
  partner_id: string;
  approved_minor: number;
  currency: string;
}

export interface Sum {
  partner_id: string;
  currency: string;
  claims: number;
  minor: number;
}

/** The sum of each partner in each currency, in the order they first come. */
export function sumsOf(claims: readonly Payable[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { partner_id, currency, approved_minor } of claims) {
    const key = `${partner_id} ${currency}`;
    const sum = sums.get(key) ?? { partner_id, currency, claims: 0, minor: 0 };
    sums.set(key, { ...sum, claims: sum.claims + 1, minor: sum.minor + approved_minor });
  }
  return [...sums.values()];
}
