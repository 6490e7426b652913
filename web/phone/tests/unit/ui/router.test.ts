import { describe, expect, it } from "vitest";
import { addressOf, parseRoute, type Route, Trail } from "../../../src/router";

const ROUTES: Route[] = [
  { at: "jobs" },
  { at: "outbox" },
  { at: "settings" },
  { at: "sign-in" },
  { at: "job", id: "0198c5b0-0000-7000-8000-000000000001" },
  { at: "visit", id: "a/b c" },
  { at: "unit", gtin: "09506000134352", serial: "HX/90 #1" },
  { at: "scan", visit: "0198c5b0-0000-7000-8000-000000000001" },
  { at: "complete", visit: "v" },
];

it("reads every address that it writes", () => {
  for (const route of ROUTES) expect(parseRoute(addressOf(route))).toEqual(route);
});

it("shows the jobs for an address that leads nowhere", () => {
  for (const hash of ["", "#", "#/", "#/nowhere", "#/job", "#/%", "#/visit//scan"]) {
    expect(parseRoute(hash)).toEqual({ at: "jobs" });
  }
});

it("shows the visit for a form that there is not", () => {
  expect(parseRoute("#/visit/v/nothing")).toEqual({ at: "visit", id: "v" });
});

describe("the trail of addresses", () => {
  it("tells steps back from steps on", () => {
    const trail = new Trail("#/");
    expect(trail.moved("#/job/1")).toBe(false);
    expect(trail.moved("#/visit/1")).toBe(false);
    expect(trail.moved("#/job/1")).toBe(true);
    expect(trail.previous).toBe("#/");
  });

  it("forgets a form that was left for its visit", () => {
    const trail = new Trail("#/visit/1/part");
    expect(trail.previous).toBeUndefined();
    trail.replaced("#/visit/1");
    expect(trail.moved("#/visit/1")).toBe(false);
    expect(trail.previous).toBeUndefined();
  });
});
