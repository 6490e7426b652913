/** A screen on which something is entered: saved on this phone before anything else happens, or plainly not. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { NotSaved } from "../core/store";
import { leave, type Route } from "../router";
import { NoPicture } from "../scanner/photo";
import { openForm } from "../update";
import { perhaps, say } from "../words/words";
import { Screen, tell } from "./frame";
import { Trouble } from "./trouble";

export interface Saving {
  busy: boolean;
  /** Why the last try failed, in words. */
  problem: string | null;
  /** Runs `act`; whether it went well. Pressing twice does not do it twice. */
  run: (act: () => Promise<void>) => Promise<boolean>;
  clear: () => void;
}

export function useSaving(): Saving {
  const [busy, setBusy] = useState(false);
  const under = useRef(false); // two taps may come before the screen is drawn again
  const [problem, setProblem] = useState<string | null>(null);
  const run = async (act: () => Promise<void>): Promise<boolean> => {
    if (under.current) return false;
    under.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await act();
      return true;
    } catch (error) {
      setProblem(wordsFor(error));
      return false;
    } finally {
      under.current = false;
      setBusy(false);
    }
  };
  return { busy, problem, run, clear: () => setProblem(null) };
}

function wordsFor(error: unknown): string {
  if (error instanceof NotSaved) return perhaps(`not-saved.${error.code}`) ?? say("not-saved.other");
  if (error instanceof NoPicture) return say("photo.unreadable");
  console.error("not saved", error);
  return say("not-saved.other");
}

/** The field that is wrong may lie outside the screen. */
function showFirstError(form: HTMLElement): void {
  setTimeout(() => {
    const field = form.querySelector<HTMLElement>("[aria-invalid=true], fieldset:has(.error) input");
    field?.scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
  });
}

interface Props {
  title: string;
  up: Route;
  /** Says what is missing, or null when it may be saved. */
  missing: () => string | null;
  save: () => Promise<void>;
  button?: string;
  children: ComponentChildren;
}

export function FormScreen({ title, up, missing, save, button, children }: Props) {
  const saving = useSaving();
  const [lacks, setLacks] = useState<string | null>(null);
  const isDone = useRef(false); // the screen may stay for a moment after it was left
  useEffect(openForm, []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isDone.current) return;
    const what = missing();
    setLacks(what);
    if (what !== null) {
      showFirstError(event.currentTarget as HTMLElement);
      return;
    }
    if (await saving.run(save)) {
      isDone.current = true;
      tell(say("saved"));
      leave(up);
    }
  };
  const problem = saving.problem ?? lacks;
  return (
    <Screen
      title={title}
      up={up}
      dock={
        <div class="actions">
          <Trouble text={problem} />
          <button type="submit" form="form" class="main" aria-busy={saving.busy}>
            {button ?? say("save")}
          </button>
        </div>
      }
    >
      <form id="form" onSubmit={submit} noValidate>
        {children}
      </form>
    </Screen>
  );
}
