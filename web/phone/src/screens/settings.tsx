/** Language, how safely work is kept, the catalogue, the version, and leaving. */

import { useEffect, useState } from "preact/hooks";
import { session, signOut, sync, UnsentWork } from "../core/store";
import { nameOfPhone } from "../core/surroundings";
import { APP_VERSION } from "../core/wire";
import { catalogue } from "../parts/catalogue";
import { forgetDrafts } from "../parts/drafts";
import { Screen } from "../parts/frame";
import { LanguageChoice } from "../parts/language";
import { Trouble } from "../parts/trouble";
import { applyUpdate, lookForUpdate, updateReady } from "../update";
import { when } from "../words/format";
import { say, word } from "../words/words";

export function SettingsScreen() {
  const { persisted, lastSyncAt, catalogue: loading } = sync.value;
  const [isHeld, setHeld] = useState(false);
  const update = async (): Promise<void> => setHeld(!(await applyUpdate()));
  const { parts, faults, models } = catalogue.value;
  return (
    <Screen title={say("tab.settings")}>
      <section class="card">
        <LanguageChoice />
      </section>
      <section class="card">
        <h2>{say("app")}</h2>
        <dl class="facts">
          <Fact name={say("version")} text={APP_VERSION} />
          <Fact name={say("last.sync")} text={lastSyncAt ? when(lastSyncAt) : say("sync.never")} />
          <Fact
            name={say("catalogue")}
            text={
              loading
                ? say("catalogue.loading", loading)
                : say("catalogue.here", { parts: parts.size, faults: faults.size, models: models.size })
            }
          />
          <Fact
            name={say("storage")}
            text={say(persisted ? "storage.safe" : persisted === null ? "storage.unknown" : "storage.unsafe")}
          />
          <Room />
        </dl>
        {updateReady.value ? (
          <button type="button" class="main" onClick={() => void update()}>
            {say("update.now")}
          </button>
        ) : (
          <button type="button" class="plain" onClick={() => void lookForUpdate()}>
            {say("update.look")}
          </button>
        )}
        <Trouble text={isHeld && say("update.held")} />
      </section>
      <section class="card">
        <h2>{session.value?.name}</h2>
        <dl class="facts">
          <Fact name={say("role")} text={word("role", session.value?.role ?? "")} />
          <Fact name={say("server")} text={location.host} />
          <Fact name={say("phone")} text={nameOfPhone(navigator.userAgent)} />
        </dl>
        <p class="soft">{say("support")}</p>
        <SignOut />
      </section>
    </Screen>
  );
}

function Fact({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </div>
  );
}

/** How much of the phone's room the app takes. */
function Room() {
  const [text, setText] = useState("");
  useEffect(() => {
    navigator.storage?.estimate?.().then(
      ({ usage = 0, quota = 0 }) => {
        const free = Math.max(0, quota - usage);
        setText(
          say("room.text", {
            used: megabytes(usage),
            free: free > 1e9 ? `${Math.floor(free / 1e9)} GB` : megabytes(free),
          }),
        );
      },
      () => undefined,
    );
  }, []);
  return text ? <Fact name={say("room")} text={text} /> : null;
}

function megabytes(bytes: number): string {
  return `${Math.max(1, Math.round(bytes / 1e6))} MB`;
}

function SignOut() {
  const [problem, setProblem] = useState<string | null>(null);
  const leave = async (): Promise<void> => {
    try {
      await signOut();
      forgetDrafts();
      location.hash = "#/";
    } catch (error) {
      if (error instanceof UnsentWork) setProblem(say("signOut.unsent", { n: error.operations, photos: error.photos }));
      else throw error;
    }
  };
  return (
    <>
      <Trouble text={problem} />
      <button type="button" class="plain" onClick={() => void leave()}>
        {say("signOut")}
      </button>
    </>
  );
}
