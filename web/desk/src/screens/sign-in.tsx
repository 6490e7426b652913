/** Signing in, and the page behind an invitation link. */

import { post } from "../core/api";
import { followAddress } from "../core/router";
import { hasEnded, signIn } from "../core/session";
import { Field, Form } from "../parts/form";
import { LanguageSwitch } from "../parts/language";
import { say } from "../words/words";

export function SignIn({ hasPassword }: { hasPassword: boolean }) {
  const note = hasEnded.value ? say("ended") : hasPassword ? say("passwordSet") : "";
  return (
    <main class="narrow">
      <div class="card">
        <h1>{say("signIn")}</h1>
        {note && <p role="status">{note}</p>}
        <Form button={say("signIn")} submit={(given) => signIn(given.login ?? "", given.password ?? "")}>
          <Field label={say("login")}>
            {(id) => <input id={id} name="login" required autocomplete="username" autocapitalize="none" />}
          </Field>
          <Field label={say("password")}>
            {(id) => <input id={id} name="password" type="password" required autocomplete="current-password" />}
          </Field>
        </Form>
        <LanguageSwitch />
      </div>
    </main>
  );
}

/** Sets a password with the token of the link, which stays in the browser. */
export function Welcome({ done }: { done: () => void }) {
  const submit = async (given: Record<string, string>) => {
    await post("/sign-in/password", { token: location.hash.slice(1), password: given.password ?? "" });
    history.replaceState(null, "", "/");
    followAddress();
    done();
  };
  return (
    <main class="narrow">
      <div class="card">
        <h1>{say("welcome")}</h1>
        <Form button={say("setPassword")} submit={submit}>
          <Field label={say("newPassword")}>
            {(id) => (
              <input id={id} name="password" type="password" required minLength={10} autocomplete="new-password" />
            )}
          </Field>
        </Form>
        <LanguageSwitch />
      </div>
    </main>
  );
}
