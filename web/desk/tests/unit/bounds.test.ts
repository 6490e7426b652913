import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BOUNDS } from "../../src/core/watch";

const from = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const { schemas } = JSON.parse(from("../../../../openapi/openapi.json")).components;
const bound = (screen: string, field: string, what: "max" | "maxLength") => {
  const tag = [...from(`../../src/screens/${screen}.tsx`).matchAll(/<(?:input|textarea)\s[^>]*\/>/g)]
    .map(([text]) => text)
    .find((text) => text.includes(`name="${field}"`) && text.includes(`${what}={`));
  return Number(new RegExp(`${what}=\\{(\\d+)\\}`).exec(tag ?? "")?.[1]);
};

test("a field takes no more than the server does", () => {
  expect(bound("api-keys", "per_minute", "max")).toBe(schemas.MakeKey.properties.per_minute.maximum);
  expect(bound("webhooks", "url", "maxLength")).toBe(schemas.MakeWebhook.properties.url.maxLength);
  expect(bound("preauthorisations", "note", "maxLength")).toBe(
    schemas.RequestPreauthorisation.properties.note.maxLength,
  );
  expect(bound("honey-serials", "serial", "maxLength")).toBe(schemas.AddHoneySerial.properties.serial.maxLength);
  expect(bound("programmes", "code", "maxLength")).toBe(schemas.CreateProgramme.properties.code.maxLength);
  expect(bound("programmes", "name", "maxLength")).toBe(schemas.CreateProgramme.properties.name.maxLength);
});

test("the numbers of the watch are held to the server's bounds", () => {
  for (const [name, [min, max]] of Object.entries(BOUNDS)) {
    const { minimum, maximum } = schemas.Numbers.properties[name];
    expect([name, min, max]).toEqual([name, minimum, maximum]);
  }
  expect(Object.keys(BOUNDS)).toEqual(Object.keys(schemas.Numbers.properties));
});
