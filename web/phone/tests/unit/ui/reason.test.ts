import { expect, it } from "vitest";
import { isReason, reasonText } from "../../../src/parts/reason";

it("takes a Chinese word of two characters, which the server counts as too short", () => {
  expect(isReason(" 破损 ")).toBe(true);
  expect(reasonText(" 破损 ")).toBe("破损.");
});

it("takes nothing less, and leaves a longer reason as it is", () => {
  for (const text of ["", " ", "x "]) expect(isReason(text)).toBe(false);
  expect(reasonText("label torn")).toBe("label torn");
});
