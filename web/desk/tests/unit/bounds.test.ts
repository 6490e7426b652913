import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const from = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const { schemas } = JSON.parse(from("../../../../openapi/openapi.json")).components;
const bound = (screen: string, field: string, what: "max" | "maxLength") => {
  const tag = [...from(`../../src/screens/${screen}.tsx`).matchAll(/<(?:input|textarea)\s[^>]*\/>/g)]
    .map(([text]) => text)
    .find((text) => text.includes(`name="${field}"`) && text.includes(`${what}={`));
  return Number(new RegExp(`${what}=\\{(\\d+)\\}`).exec(tag ?? "")?.[1]);
};

test("a field takes no more than the server does", () => {
  expect(bound("systems", "per_minute", "max")).toBe(schemas.MakeKey.properties.per_minute.maximum);
  expect(bound("systems", "url", "maxLength")).toBe(schemas.MakeWebhook.properties.url.maxLength);
  expect(bound("preauthorisations", "note", "maxLength")).toBe(
    schemas.RequestPreauthorisation.properties.note.maxLength,
  );
  expect(bound("watch", "serial", "maxLength")).toBe(schemas.AddHoneySerial.properties.serial.maxLength);
});
