/** What stands in the way of sending, in plain words, on every screen; and a new version that waits. */

import { type SyncProblem, sync } from "../core/store";
import { lookForUpdate, updateReady } from "../update";
import { say } from "../words/words";

export function Notices() {
  const { problem, lost } = sync.value;
  return (
    <>
      {problem && (
        <section class="notice" data-tone={problem === "captive-portal" ? "warn" : "bad"} role="alert">
          <h2>{say(`notice.${problem}`)}</h2>
          <p>{textOf(problem, lost)}</p>
          {problem === "signed-out" && (
            <a class="button" href="#/sign-in">
              {say("signIn")}
            </a>
          )}
          {problem === "update-needed" && !updateReady.value && (
            <button type="button" onClick={() => void lookForUpdate()}>
              {say("update.look")}
            </button>
          )}
        </section>
      )}
    </>
  );
}

/** What it means and what to do; `lost` counts what a cleared storage took with it. */
export function textOf(problem: NonNullable<SyncProblem>, lost: number): string {
  if (problem === "storage-wiped" && lost === 0) return say("notice.storage-wiped.none");
  return say(`notice.${problem}.text`, { n: lost });
}
