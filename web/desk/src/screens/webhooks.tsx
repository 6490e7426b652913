/** Webhooks: asked for by a partner's office, whose host an admin approves; their secrets are changed here, too. */

import { get, post, type Shape } from "../core/api";
import { usePages } from "../core/loading";
import { is, PARTNER } from "../core/session";
import { AskForm } from "../parts/ask";
import { Field } from "../parts/form";
import { partnerColumn } from "../parts/names";
import { Listed, State } from "../parts/states";
import { Table } from "../parts/table";
import { say, word } from "../words/words";

type Webhook = Shape<"WebhookLine">;

const EVENTS = ["claim.changed", "claim.decided", "claim.paid", "preauthorisation.decided"] as const;
const TONES: Record<string, string> = { active: "good", pending: "wait", disabled: "bad" };

interface Changing {
  /** Gives a secret to be shown this once. */
  told: (secret: string) => void;
  done: () => void;
}

export function Webhooks({ told }: Pick<Changing, "told">) {
  const pages = usePages((cursor) => get("/webhooks", { cursor, limit: 50 }), []);
  return (
    <section aria-labelledby="webhooks">
      <h2 id="webhooks">{say("webhooks")}</h2>
      {is(PARTNER) && (
        <p class="actions">
          <Make told={told} done={pages.again} />
        </p>
      )}
      <Listed of={pages} none={say("webhook.none")}>
        {(rows) => (
          <Table
            caption={say("webhooks")}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
              { head: say("webhook.url"), lead: true, cell: (one) => <span class="serial">{one.url}</span> },
              ...partnerColumn<Webhook>(),
              {
                head: say("webhook.events"),
                cell: (one) => one.events.map((event) => word("event", event)).join(", "),
              },
              {
                head: say("state"),
                cell: (one) => (
                  <>
                    <State tone={TONES[one.state] ?? ""}>{word("webhook.state", one.state)}</State>{" "}
                    {one.disabled_why && <span class="soft">{one.disabled_why}</span>}
                  </>
                ),
              },
              { head: "", cell: (one) => <Change webhook={one} told={told} done={pages.again} /> },
            ]}
          />
        )}
      </Listed>
    </section>
  );
}

function Make({ told, done }: Changing) {
  return (
    <AskForm
      button={say("webhook.make")}
      plain
      submit={async (given, key) => {
        const events = EVENTS.filter((one) => given[one] === "on");
        if (!events.length) throw new Error(say("webhook.events.none"));
        return post("/webhooks", { url: given.url ?? "", events }, key);
      }}
      done={(made) => {
        done();
        told(made.secret);
      }}
    >
      <Field label={say("webhook.url")} hint={say("webhook.hint")}>
        {(id) => <input id={id} name="url" type="url" required maxLength={500} placeholder="https://" />}
      </Field>
      <fieldset>
        <legend>{say("webhook.events")}</legend>
        {EVENTS.map((event) => (
          <label key={event} class="tick">
            <input type="checkbox" name={event} defaultChecked /> {word("event", event)}
          </label>
        ))}
      </fieldset>
    </AskForm>
  );
}

function Change({ webhook, told, done }: Changing & { webhook: Webhook }) {
  const webhook_id = webhook.id;
  const to = (path: "/webhooks/approve" | "/webhooks/enable" | "/webhooks/remove") => ({
    submit: (_: unknown, key: string) => post(path, { webhook_id }, key),
    done,
    plain: true,
    small: true,
  });
  return (
    <div class="row">
      {webhook.state === "pending" && is(["admin"]) && (
        <AskForm button={say("webhook.approve")} title={webhook.host} {...to("/webhooks/approve")}>
          <p>{say("webhook.approve.sure", { host: webhook.host })}</p>
        </AskForm>
      )}
      {webhook.state === "disabled" && (
        <AskForm button={say("webhook.enable")} {...to("/webhooks/enable")}>
          <p>{webhook.disabled_why}</p>
        </AskForm>
      )}
      {is(PARTNER) && (
        <AskForm
          button={say("webhook.secret")}
          plain
          small
          submit={(_, key) => post("/webhooks/change-secret", { webhook_id }, key)}
          done={(made) => told(made.secret)}
        >
          <p>{say("webhook.secret.sure")}</p>
        </AskForm>
      )}
      <AskForm button={say("remove")} title={`${say("remove")}: ${webhook.url}`} tone="bad" {...to("/webhooks/remove")}>
        <p>{say("webhook.remove.sure")}</p>
      </AskForm>
    </div>
  );
}
