import { expect, it } from "vitest";
import { Frames } from "../../../src/scanner/frames";
import { judge, type Kind, type Sighting } from "../../../src/scanner/sightings";

const seen = (kind: Kind, text: string): Sighting => ({ kind, text, symbology: "" });
const accepted = (looks: Sighting[][], witnesses = 1): string[] =>
  judge(looks, witnesses)
    .filter((code) => code.accepted)
    .map((code) => code.text);

const QR = seen("QR Code", "https://id.example/01/09506000134352/21/FS-0042");
const SERIAL = seen("Code 128", "FS-0042");
const EAN = seen("EAN-13", "9506000134352");

it.each<[string, Sighting[][], string[]]>([
  ["a QR code seen once", [[QR]], [QR.text]],
  ["a serial in Code 128 seen once", [[SERIAL]], ["FS-0042"]],
  ["two labels on one photo", [[SERIAL, seen("Code 128", "001EC9476B0A")]], ["FS-0042", "001EC9476B0A"]],
  ["three letters of Code 39", [[seen("Code 39", "ABC")]], []],
  ["three letters of Code 39, seen three times", Array(3).fill([seen("Code 39", "ABC")]), ["ABC"]],
  ["a GTIN seen twice", [[EAN], [EAN]], []],
  ["a GTIN seen three times", [[EAN], [EAN], [EAN]], ["9506000134352"]],
  [
    "a GTIN as UPC-A and as EAN-13",
    [[seen("UPC-A", "614141123452")], ...Array(2).fill([seen("EAN-13", "0614141123452")])],
    ["614141123452"],
  ],
  [
    "a GTIN with a rival",
    [[EAN], [EAN], [EAN], [seen("EAN-13", "4112234738478")], [seen("EAN-13", "4112234738478")]],
    [],
  ],
  [
    "a GTIN told twice as often as its rival",
    [...Array(4).fill([EAN]), ...Array(2).fill([seen("EAN-13", "4112234738478")])],
    [EAN.text],
  ],
  ["four digits of Interleaved 2 of 5", Array(9).fill([seen("ITF", "1234")]), []],
  ["Interleaved 2 of 5 beside a serial", Array(9).fill([SERIAL, seen("ITF", "123456")]), ["FS-0042"]],
  ["a part of a longer code", Array(3).fill([SERIAL, seen("Code 128", "S-0042")]), ["FS-0042"]],
  ["two readings of one label that differ in a sign", [[SERIAL], [seen("Code 128", "FS-0043")]], []],
  ["nothing", [[], []], []],
])("believes on a photo no more than it may: %s", (_why, looks, expected) => {
  expect(accepted(looks)).toEqual(expected);
});

it("tells of a code on the second frame that shows it, and once", () => {
  const frames = new Frames();

  expect(frames.add([SERIAL])).toEqual([]);
  expect(frames.add([])).toEqual([]);
  expect(frames.add([SERIAL]).map((code) => code.text)).toEqual(["FS-0042"]);
  expect(frames.add([SERIAL])).toEqual([]);
  frames.forget();
  expect(frames.add([SERIAL])).toEqual([]);
  expect(frames.add([SERIAL])).toHaveLength(1);
});

it("tells of a GTIN on the third frame", () => {
  const frames = new Frames();

  expect([1, 2, 3].map(() => frames.add([EAN]).length)).toEqual([0, 0, 1]);
});

it("forgets a frame that is long past", () => {
  const frames = new Frames();
  frames.add([SERIAL]);
  for (let n = 0; n < 20; n += 1) frames.add([]);

  expect(frames.add([SERIAL])).toEqual([]);
});

it("does not believe one misread frame among right ones", () => {
  const frames = new Frames();
  const told = [[SERIAL], [seen("Code 128", "FS-8842")], [SERIAL]].flatMap((frame) => frames.add(frame));

  expect(told.map((code) => code.text)).toEqual(["FS-0042"]);
});
