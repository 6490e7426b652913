import { expect, test } from "vitest";
import { sumsOf } from "../../src/core/paying";

test("a batch has a sum for each partner and currency, never one over two currencies", () => {
  const claim = (partner_id: string, currency: string, approved_minor: number) => ({
    partner_id,
    currency,
    approved_minor,
  });
  expect(sumsOf([])).toEqual([]);
  expect(sumsOf([claim("n", "EUR", 5), claim("a", "CHF", 7), claim("n", "EUR", 6), claim("n", "CHF", 1)])).toEqual([
    { partner_id: "n", currency: "EUR", claims: 2, minor: 11 },
    { partner_id: "a", currency: "CHF", claims: 1, minor: 7 },
    { partner_id: "n", currency: "CHF", claims: 1, minor: 1 },
  ]);
});
