// The page's own reader of tokens against the server's: it agrees on what is genuine and takes nothing that was changed.
import assert from "node:assert/strict";
import { readToken } from "../../token.js";
import { given } from "./reader.mjs";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const { keys, tokens } = given;

for (const { text, said } of tokens) {
  const read = await readToken(text, keys);
  assert.ok(read, `${text} is genuine`);
  for (const [name, value] of Object.entries(said)) assert.equal(read[name], value, name);
}
console.log(`ok  ${tokens.length} tokens are read as the server wrote them`);

const [{ text }] = tokens;
let refused = 0;
const refuse = async (changed) => {
  assert.equal(await readToken(changed, keys), null, changed);
  refused += 1;
};
for (let bit = 0; bit < 1056; bit += 1) {
  const place = Math.floor(bit / 5);
  const value = LETTERS.indexOf(text[place]) ^ (16 >> (bit % 5));
  await refuse(text.slice(0, place) + LETTERS[value] + text.slice(place + 1));
}
console.log(`ok  ${refused} single bits changed: none is taken`);
for (const other of given.others) await refuse(other);
const last = LETTERS.indexOf(text.at(-1));
for (let spare = 1; spare < 16; spare += 1) await refuse(text.slice(0, -1) + LETTERS[last ^ spare]);
for (const changed of [text.toLowerCase(), `${text}=`, `${text}A`, text.slice(1), ` ${text}`, "", "0".repeat(212)])
  await refuse(changed);
assert.equal(await readToken(text, []), null);
console.log(`ok  ${refused} changes in all: none is taken`);
