import fc from "fast-check";
import { expect, it } from "vitest";
import { signatureOf } from "../../../src/parts/strokes";

const point = fc.record({
  x: fc.double({ min: -50, max: 900, noNaN: true }),
  y: fc.double({ min: -50, max: 400, noNaN: true }),
});

it("is nothing where nothing was drawn", () => {
  expect(signatureOf([], 300, 200)).toBeNull();
  expect(signatureOf([[]], 300, 200)).toBeNull();
});

it("keeps a dot and a line as they were drawn", () => {
  const drawn = [
    [{ x: 10.4, y: 20.6 }],
    [
      { x: 0, y: 0 },
      { x: 30.2, y: 0 },
      { x: 60, y: 5 },
    ],
  ];
  expect(signatureOf(drawn, 300.4, 200)).toEqual({
    width: 300,
    height: 200,
    strokes: [
      [[10, 21]],
      [
        [0, 0],
        [30, 0],
        [60, 5],
      ],
    ],
  });
});

it("always is what the server takes: whole numbers inside the pad, at most 20 KB", () => {
  fc.assert(
    fc.property(fc.array(fc.array(point, { maxLength: 40 }), { maxLength: 20 }), (drawn) => {
      const signature = signatureOf(drawn, 340, 234);
      if (!signature) return drawn.every((stroke) => stroke.length === 0);
      const flat = signature.strokes.flat(2);
      return (
        signature.strokes.every((stroke) => stroke.length > 0) &&
        flat.every((n) => Number.isInteger(n) && n >= 0 && n <= 340) &&
        JSON.stringify(signature.strokes).length <= 20 * 1024
      );
    }),
  );
});

it("thins out a scribble that would be too large, and keeps where each stroke began", () => {
  const scribble = Array.from({ length: 30 }, (_, stroke) =>
    Array.from({ length: 2000 }, (_, n) => ({
      x: 170 + 150 * Math.cos(n / 7),
      y: 117 + 100 * Math.sin(n / 5 + stroke),
    })),
  );
  const signature = signatureOf(scribble, 340, 234);
  expect(JSON.stringify(signature?.strokes).length).toBeLessThanOrEqual(20 * 1024);
  expect(signature?.strokes).toHaveLength(30);
  expect(signature?.strokes[0]?.[0]).toEqual([320, 117]);
});
