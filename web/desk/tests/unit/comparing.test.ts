import { expect, test } from "vitest";
import { begun, type Comparable, keyed, stepped } from "../../src/core/comparing";

const photo = (id: string, other: number | null): Comparable => ({ id, picture: `/${id}`, caption: "", other });

test("the claim's photo lies beside what looks like it, before all others", () => {
  expect(begun([photo("1", null), photo("2", null), photo("3", 100_001)])).toMatchObject({ left: 0, right: 2 });
  expect(begun([photo("1", null), photo("2", null)])).toMatchObject({ left: 0, right: 1 });
});

test("arrow keys change either side and go round; plus and minus enlarge both within bounds", () => {
  const pair = begun([photo("1", null), photo("2", null)]);
  expect(keyed(pair, "ArrowRight", 2).right).toBe(0);
  expect(keyed(pair, "ArrowUp", 2).left).toBe(1);
  expect(keyed(pair, "-", 2).zoom).toBe(1);
  expect([..."+++++++++"].reduce((so, key) => keyed(so, key, 2), pair).zoom).toBe(8);
  expect(keyed(pair, "x", 2)).toBe(pair);
});

test("a step changes one side, and goes round as the keys do", () => {
  const pair = begun([photo("1", null), photo("2", null), photo("3", null)]);
  expect(stepped(pair, "left", -1, 3)).toEqual({ ...pair, left: 2 });
  expect(stepped({ ...pair, right: 2 }, "right", 1, 3)).toEqual({ ...pair, right: 0 });
});
