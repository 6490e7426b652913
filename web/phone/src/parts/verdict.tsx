/** What a scan says, in plain words and never by colour alone. */

import { dayAt } from "../core/lines";
import { jobs } from "../core/store";
import type { JobView } from "../core/views";
import { type ScanMade, type ScanVerdict, verdictOf } from "../rules/provisional";
import { say } from "../words/words";
import { serialPatternOf } from "./catalogue";
import type { Tone } from "./fates";
import { Icon, type IconName } from "./icons";

export function judge(scan: ScanMade, job: JobView): ScanVerdict {
  const today = dayAt(new Date().toISOString(), job.site.time_zone);
  return verdictOf(scan, job, jobs.value, serialPatternOf, today);
}

const SIGNS: Record<Tone, IconName> = { good: "done", wait: "wait", warn: "question", bad: "cross" };

export function toneOfVerdict(found: ScanVerdict): Tone {
  if (found.verdict === "this-machine") return found.cover === "not-covered" ? "warn" : "good";
  return found.verdict === "under-check" ? "wait" : "warn";
}

export function verdictWords(found: ScanVerdict): string {
  return found.verdict === "other-job"
    ? say("verdict.other-job", { number: found.number })
    : say(`verdict.${found.verdict}`);
}

/** The verdict large, with what it means and whether the office has spoken. */
export function Verdict({ found }: { found: ScanVerdict }) {
  const tone = toneOfVerdict(found);
  return (
    <div class="verdict" data-tone={tone} role="status">
      <span class="sign">
        <Icon name={SIGNS[tone]} />
      </span>
      <div>
        <strong>{verdictWords(found)}</strong>
        {"cover" in found && <p>{say(`cover.${found.cover}`)}</p>}
        <p>{found.verdict === "other-job" ? say("verdict.other-job.text") : say(`verdict.${found.verdict}.text`)}</p>
        <p class="soft">{say(found.provisional ? "verdict.provisional" : "verdict.final")}</p>
      </div>
    </div>
  );
}
