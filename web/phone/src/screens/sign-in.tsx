/** Signing in, on the server that this app came from. */

import { useState } from "preact/hooks";
import { SignInProblem, session, signIn, sync } from "../core/store";
import { nameOfPhone } from "../core/surroundings";
import { TextField } from "../parts/fields";
import { LanguageChoice } from "../parts/language";
import { textOf } from "../parts/notices";
import { Trouble } from "../parts/trouble";
import { leave } from "../router";
import { perhaps, say } from "../words/words";

export function SignInScreen() {
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [isShown, setShown] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const { problem: standing, lost, unsent } = sync.value;
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    if (!login.trim() || !password) {
      setProblem(say("signIn.both"));
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      await signIn(login, password);
      leave({ at: "jobs" });
    } catch (error) {
      setProblem(wordsFor(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <header class="bar welcome">
        <svg viewBox="136 116 240 284" aria-hidden="true" class="mark">
          <rect class="stone" x="136" y="312" width="240" height="84" rx="42" />
          <rect class="stone" x="168" y="214" width="176" height="80" rx="40" />
          <rect class="top" x="204" y="120" width="104" height="76" rx="38" />
        </svg>
        <h1>Fieldstone</h1>
        <p>{say("app.line")}</p>
      </header>
      <main class="narrow">
        {standing === "storage-wiped" && (
          <section class="notice" data-tone="bad" role="alert">
            <h2>{say("notice.storage-wiped")}</h2>
            <p>{textOf("storage-wiped", lost)}</p>
          </section>
        )}
        {session.value && unsent > 0 && (
          <p class="notice" data-tone="warn">
            {say("signIn.unsent", { n: unsent, name: session.value.name })}
          </p>
        )}
        <form onSubmit={submit} noValidate>
          <TextField
            label={say("login")}
            value={login}
            change={setLogin}
            autoComplete="username"
            autoCapitalize="none"
            spellcheck={false}
            enterKeyHint="next"
          />
          <TextField
            label={say("password")}
            type={isShown ? "text" : "password"}
            value={password}
            change={setPassword}
            autoComplete="current-password"
            autoCapitalize="none"
            enterKeyHint="go"
          />
          <label class="tick">
            <input type="checkbox" checked={isShown} onChange={(event) => setShown(event.currentTarget.checked)} />
            <span>{say("password.show")}</span>
          </label>
          <Trouble text={problem} />
          <button type="submit" class="main" aria-busy={busy}>
            {say(busy ? "signIn.busy" : "signIn")}
          </button>
        </form>
        {session.value && (
          <a class="button plain" href="#/">
            {say("signIn.later")}
          </a>
        )}
        <LanguageChoice />
        <dl class="facts">
          <div>
            <dt>{say("server")}</dt>
            <dd>{location.host}</dd>
          </div>
          <div>
            <dt>{say("phone")}</dt>
            <dd>{nameOfPhone(navigator.userAgent)}</dd>
          </div>
        </dl>
      </main>
    </>
  );
}

function wordsFor(error: unknown): string {
  if (!(error instanceof SignInProblem)) {
    console.error("signing in failed", error);
    return say("signIn.failed");
  }
  const wait = error.retryAfter ? ` ${say("signIn.wait", { n: Math.ceil(error.retryAfter / 60) })}` : "";
  return (perhaps(`signIn.${error.code}`) ?? perhaps(`problem.${error.code}`) ?? say("signIn.failed")) + wait;
}
