import { expect, test } from "vitest";
import { typedAmount } from "../../../common/money";
import { allowanceOf } from "../../src/core/allowance";

test("money that is asked for is in the partner's currency", () => {
  expect(allowanceOf({ amount: "45,50" }, "EUR")?.amount_minor).toBe(4550);
  expect(allowanceOf({ amount: "4500" }, "JPY")?.amount_minor).toBe(4500);
  expect(allowanceOf({ amount: "45.50" }, "JPY")).toBeNull();
  expect(allowanceOf({ amount: "1.250" }, "KWD")?.amount_minor).toBe(1250);
});

test("what was asked for stands in the field as it was typed", () => {
  const given: [string, string][] = [
    ["EUR", "45.50"],
    ["JPY", "4500"],
    ["KWD", "1.250"],
  ];
  for (const [currency, text] of given)
    expect(typedAmount(allowanceOf({ amount: text }, currency)?.amount_minor ?? 0, currency)).toBe(text);
});

test("parts are numbers with quantities, one if none is named", () => {
  expect(allowanceOf({ parts: "PU-100 2, V-7" }, "EUR")?.parts).toEqual([
    { number: "PU-100", quantity: 2 },
    { number: "V-7", quantity: 1 },
  ]);
  expect(allowanceOf({}, "EUR")).toEqual({
    labour_minutes: null,
    amount_minor: null,
    parts: [],
    goodwill: false,
    repeat_trip: false,
  });
});
