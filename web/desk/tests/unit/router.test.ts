import { expect, test } from "vitest";
import { hashOf, placeOf } from "../../src/core/router";

test("an address names a screen, what it shows and its filters, and back again", () => {
  expect(placeOf("#/claim/1 2?state=paid")).toEqual({ screen: "claim", id: "1 2", filters: { state: "paid" } });
  expect(placeOf("")).toEqual({ screen: "", id: "", filters: {} });
  expect(hashOf("claims", "", { state: "paid", lane: "" })).toBe("#/claims?state=paid");
  expect(placeOf(hashOf("claim", "a/b"))).toMatchObject({ screen: "claim", id: "a/b" });
});

test("an address that cannot be read is the first screen's", () => {
  expect(placeOf("#/%zz").screen).toBe("");
});
