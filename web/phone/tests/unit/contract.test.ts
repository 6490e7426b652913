// What the app believes of the wire is held against the server's own contract: by the compiler, not at run time.
import { expect, test } from "vitest";
import type { components } from "../../../contract";
import type * as App from "../../src/core/wire";

type Server = components["schemas"];

/** The shape without its lists of words: the server may learn one before the app does. */
type Shape<T> = T extends string
  ? string
  : T extends readonly (infer One)[]
    ? Shape<One>[]
    : T extends object
      ? { [K in keyof T]: Shape<T[K]> }
      : T;

/** As the server writes it: a field that has a default in the contract is never left out of an answer. */
type Written<T> = T extends string
  ? string
  : T extends readonly (infer One)[]
    ? Written<One>[]
    : T extends object
      ? { [K in keyof T]-?: Written<T[K]> }
      : T;

/** Compiles only when what is sent can be read. */
type Fits<Sent extends Read, Read> = [Sent, Read];

export type Checked = [
  Fits<Written<Server["Tokens"]>, Shape<App.Tokens>>,
  Fits<Written<Server["JobRow"]>, Shape<App.JobRow>>,
  Fits<Written<Omit<Server["VisitRow"], "scans">>, Shape<Omit<App.VisitRow, "scans">>>,
  Fits<Written<Server["OpResult"]>, Shape<App.OpResult>>,
  Fits<Written<Server["PartRow"]>, Shape<App.PartRow>>,
  Fits<Written<Server["ModelRow"]>, Shape<App.ModelRow>>,
  Fits<Written<Server["FaultCodeRow"]>, Shape<App.FaultCodeRow>>,
  Fits<Written<Server["LabourOperationRow"]>, Shape<App.LabourOperationRow>>,
  Fits<Written<Omit<Server["Pulled"], "feeds">>, Shape<Omit<App.PullAnswer, "feeds">>>,
  Fits<Written<Server["Pushed"]>, Shape<App.PushAnswer>>,
  Fits<Shape<App.PullRequest>, Shape<Server["PullRequest"]>>,
  Fits<Shape<Omit<App.PushRequest, "ops">>, Shape<Omit<Server["Push"], "ops">>>,
  Fits<Written<Server["ChunkLine"]>, Shape<App.SnapshotManifest["chunks"][number]>>,
];

test("the app's shapes of the wire are the contract's (checked by the compiler in `make check`)", () => {
  expect.assertions(0);
});
