/** The desk: who is not signed in signs in, everybody else gets the frame with the screen of the address. */

import { useEffect, useState } from "preact/hooks";
import { is, me, OFFICE, PARTNER, type Role, signOut } from "../core/session";
import { readNames } from "../parts/names";
import { Loading, Problem } from "../parts/states";
import { language, say } from "../words/words";
import { Frame } from "./frame";
import { SignIn, Welcome } from "./sign-in";

const WORKERS: readonly Role[] = [...OFFICE, ...PARTNER];

export function App({ isWelcome }: { isWelcome: boolean }) {
  const [welcomes, setWelcomes] = useState(isWelcome);
  document.documentElement.lang = language.value === "zh" ? "zh-Hans" : "en";
  if (welcomes) return <Welcome done={() => setWelcomes(false)} />;
  if (me.value === null) return <SignIn hasPassword={isWelcome} />;
  return is(WORKERS) ? <Inside key={me.value.account_id} /> : <NotHere />;
}

function Inside() {
  const [isReady, setReady] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const begin = () => {
    setError(null);
    readNames().then(() => setReady(true), setError);
  };
  useEffect(begin, []);
  if (isReady) return <Frame />;
  return <main>{error === null ? <Loading /> : <Problem error={error} again={begin} />}</main>;
}

function NotHere() {
  return (
    <main class="narrow">
      <div class="card">
        <h1>Fieldstone</h1>
        <p>
          {say("notForYou")} <a href="/app/">{say("toApp")}</a>
        </p>
        <p class="actions">
          <button type="button" class="plain" onClick={() => void signOut()}>
            {say("signOut")}
          </button>
        </p>
      </div>
    </main>
  );
}
