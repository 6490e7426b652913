/** What comes up from the bottom of a visit: more lines to add, more steps to take, giving it up. */

import { useState } from "preact/hooks";
import { record } from "../core/store";
import type { VisitView } from "../core/views";
import { addressOf, type Form } from "../router";
import { type Step, stepsFrom } from "../rules/moves";
import { say } from "../words/words";
import { type Current, whereOf } from "./current";
import { Dialog } from "./dialog";
import { TextField } from "./fields";
import { useSaving } from "./form";
import { Icon, type IconName } from "./icons";
import { isReason, reasonText } from "./reason";
import { Trouble } from "./trouble";

/** The next step, and the one that may come in its place. */
export const NEXT: Record<VisitView["state"], [Step, Step?] | null> = {
  planned: ["travel", "arrive"],
  travelling: ["arrive"],
  arrived: ["start"],
  working: ["complete", "pause"],
  paused: ["resume", "complete"],
  completed: null,
  abandoned: null,
};

const MORE: [Form, IconName][] = [
  ["time", "time"],
  ["reading", "reading"],
  ["expense", "expense"],
];

export function AddMore({ visit, close }: { visit: VisitView; close: () => void }) {
  return (
    <Dialog title={say("quick.add")} close={close}>
      <div class="menu">
        {MORE.map(([form, icon]) => (
          <a key={form} class="button plain" href={addressOf({ at: form, visit: visit.id })}>
            <Icon name={icon} /> {say(`lines.${form as "time" | "reading" | "expense"}`)}
          </a>
        ))}
      </div>
    </Dialog>
  );
}

/** The steps that are possible and have no key of their own. */
export function Menu({ visit, take, close }: { visit: VisitView; take: (step: Step) => void; close: () => void }) {
  const offered: (Step | undefined)[] = NEXT[visit.state] ?? [];
  const others = stepsFrom(visit.state).filter((step) => !offered.includes(step));
  return (
    <Dialog title={say("visit.more")} close={close}>
      <div class="menu">
        {others.map((step) => (
          <button key={step} type="button" class="plain" onClick={() => take(step)}>
            {say(`step.${step}`)}
          </button>
        ))}
      </div>
    </Dialog>
  );
}

export function GiveUp({ current, close }: { current: Current; close: () => void }) {
  const [reason, setReason] = useState("");
  const [asked, setAsked] = useState(false);
  const saving = useSaving();
  const isGood = isReason(reason);
  const giveUp = async (): Promise<void> => {
    setAsked(true);
    if (!isGood) return;
    const body = { visit_id: current.visit.id, at: new Date().toISOString(), reason: reasonText(reason) };
    if (await saving.run(async () => void (await record("visit.abandon", body, whereOf(current))))) close();
  };
  return (
    <Dialog title={say("step.abandon")} close={close}>
      <p>{say("abandon.text")}</p>
      <TextField
        label={say("reason")}
        value={reason}
        rows={3}
        maxLength={500}
        change={setReason}
        error={asked && !isGood ? say("reason.short") : undefined}
      />
      <Trouble text={saving.problem} />
      <button type="button" class="main" data-tone="bad" onClick={giveUp}>
        {say("step.abandon")}
      </button>
    </Dialog>
  );
}
