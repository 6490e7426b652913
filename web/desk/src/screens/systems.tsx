/** A partner's own systems: the keys they sign their requests with, and the webhooks that tell them of claims. */

import { useState } from "preact/hooks";
import { get, post } from "../core/api";
import { usePages } from "../core/loading";
import { is, PARTNER } from "../core/session";
import { Ask } from "../parts/ask";
import { Dialog } from "../parts/dialog";
import { Field, Form } from "../parts/form";
import { partnerName } from "../parts/names";
import { tell } from "../parts/notice";
import { Listed, State } from "../parts/states";
import { type Column, Table } from "../parts/table";
import { moment, number } from "../words/format";
import { say, whyOf, word } from "../words/words";

const EVENTS = ["claim.changed", "claim.decided", "claim.paid", "preauthorisation.decided"] as const;
const WEBHOOK_TONES: Record<string, string> = { active: "good", pending: "wait", disabled: "bad" };
const MESSAGE_TONES: Record<string, string> = { delivered: "good", failed: "bad" };

export function Systems() {
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <>
      <h1>{say("systems")}</h1>
      <Keys told={setSecret} />
      <Webhooks told={setSecret} />
      <Messages />
      {secret && (
        <Dialog title={say("secret.title")} close={() => setSecret(null)}>
          <p>{say("secret.once")}</p>
          <p>
            <code class="serial secret">{secret}</code>
          </p>
          <p class="actions">
            <button type="button" onClick={() => void navigator.clipboard?.writeText(secret)}>
              {say("secret.copy")}
            </button>
          </p>
        </Dialog>
      )}
    </>
  );
}

/** Does it, or says why it was refused. */
async function orTell(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (refused) {
    tell(whyOf(refused));
  }
}

/** Which partner a row is of, for an admin, who sees all of them. */
function ofPartner<T extends { partner_id: string }>(): Column<T>[] {
  return is(PARTNER) ? [] : [{ head: say("partner"), cell: (row) => partnerName(row.partner_id) }];
}

function Keys({ told }: { told: (secret: string) => void }) {
  const pages = usePages((cursor) => get("/api-keys", { cursor, limit: 50 }), []);
  return (
    <section aria-labelledby="keys">
      <h2 id="keys">{say("api.keys")}</h2>
      {is(PARTNER) && (
        <p class="actions">
          <Ask button={say("api.make")} title={say("api.make")} plain>
            {(close) => (
              <Form
                button={say("api.make")}
                submit={async (given, key) => {
                  const body = { name: given.name ?? "", per_minute: Number(given.per_minute) };
                  const made = await post("/api-keys", body, key);
                  close();
                  pages.again();
                  told(made.key);
                }}
              >
                <Field label={say("name")}>{(id) => <input id={id} name="name" required maxLength={80} />}</Field>
                <Field label={say("per.minute")}>
                  {(id) => (
                    <input id={id} name="per_minute" type="number" min={1} max={1200} required defaultValue="120" />
                  )}
                </Field>
              </Form>
            )}
          </Ask>
        </p>
      )}
      <Listed of={pages} none={say("api.none")}>
        {(rows) => (
          <Table
            caption={say("api.keys")}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
              { head: say("name"), lead: true, cell: (one) => one.name },
              ...ofPartner<(typeof rows)[number]>(),
              { head: say("per.minute"), number: true, cell: (one) => number(one.per_minute) },
              { head: say("made.at"), cell: (one) => moment(one.created_at) },
              { head: say("used.at"), cell: (one) => (one.last_used_at ? moment(one.last_used_at) : say("never")) },
              {
                head: say("state"),
                cell: (one) =>
                  one.revoked_at ? (
                    <State tone="bad">{say("revoked")}</State>
                  ) : (
                    <Ask button={say("revoke")} title={`${say("revoke")}: ${one.name}`} plain small>
                      {(close) => (
                        <Form
                          button={say("revoke")}
                          tone="bad"
                          submit={async (_, key) => {
                            await post("/api-keys/revoke", { key_id: one.id }, key);
                            close();
                            pages.again();
                          }}
                        >
                          <p>{say("revoke.sure")}</p>
                        </Form>
                      )}
                    </Ask>
                  ),
              },
            ]}
          />
        )}
      </Listed>
    </section>
  );
}

function Webhooks({ told }: { told: (secret: string) => void }) {
  const pages = usePages((cursor) => get("/webhooks", { cursor, limit: 50 }), []);
  const doing =
    (path: "/webhooks/approve" | "/webhooks/enable" | "/webhooks/remove", webhook_id: string) => async () => {
      await post(path, { webhook_id });
      pages.again();
    };
  return (
    <section aria-labelledby="webhooks">
      <h2 id="webhooks">{say("webhooks")}</h2>
      {is(PARTNER) && (
        <p class="actions">
          <Ask button={say("webhook.make")} title={say("webhook.make")} plain>
            {(close) => (
              <Form
                button={say("webhook.make")}
                submit={async (given, key) => {
                  const events = EVENTS.filter((one) => given[one] === "on");
                  if (!events.length) throw new Error(say("webhook.events.none"));
                  const made = await post("/webhooks", { url: given.url ?? "", events }, key);
                  close();
                  pages.again();
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
              </Form>
            )}
          </Ask>
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
              ...ofPartner<(typeof rows)[number]>(),
              {
                head: say("webhook.events"),
                cell: (one) => one.events.map((event) => word("event", event)).join(", "),
              },
              {
                head: say("state"),
                cell: (one) => (
                  <>
                    <State tone={WEBHOOK_TONES[one.state] ?? ""}>{word("webhook.state", one.state)}</State>{" "}
                    {one.disabled_why && <span class="soft">{one.disabled_why}</span>}
                  </>
                ),
              },
              {
                head: "",
                cell: (one) => (
                  <div class="row">
                    {one.state === "pending" && is(["admin"]) && (
                      <Ask button={say("webhook.approve")} title={one.host} plain small>
                        {(close) => (
                          <Form
                            button={say("webhook.approve")}
                            submit={async () => {
                              await doing("/webhooks/approve", one.id)();
                              close();
                            }}
                          >
                            <p>{say("webhook.approve.sure", { host: one.host })}</p>
                          </Form>
                        )}
                      </Ask>
                    )}
                    {one.state === "disabled" && (
                      <button
                        type="button"
                        class="plain small"
                        onClick={() => void orTell(doing("/webhooks/enable", one.id))}
                      >
                        {say("webhook.enable")}
                      </button>
                    )}
                    <Ask button={say("remove")} title={`${say("remove")}: ${one.url}`} plain small>
                      {(close) => (
                        <Form
                          button={say("remove")}
                          tone="bad"
                          submit={async () => {
                            await doing("/webhooks/remove", one.id)();
                            close();
                          }}
                        />
                      )}
                    </Ask>
                  </div>
                ),
              },
            ]}
          />
        )}
      </Listed>
    </section>
  );
}

function Messages() {
  const pages = usePages((cursor) => get("/webhooks/messages", { cursor, limit: 25 }), []);
  const replay = async (id: string) => {
    await post("/webhooks/messages/{id}/replay", {} as never, crypto.randomUUID(), { id });
    tell(say("message.replayed"));
    pages.again();
  };
  return (
    <section aria-labelledby="messages">
      <h2 id="messages">{say("messages")}</h2>
      <Listed of={pages} none={say("messages.none")}>
        {(rows) => (
          <Table
            caption={say("messages")}
            rows={rows}
            keyOf={(one) => one.id}
            columns={[
              { head: say("when.at"), lead: true, cell: (one) => moment(one.created_at) },
              { head: say("webhook.events"), cell: (one) => word("event", one.event) },
              {
                head: say("state"),
                cell: (one) => (
                  <State tone={MESSAGE_TONES[one.state] ?? "wait"}>{word("message.state", one.state)}</State>
                ),
              },
              {
                head: say("attempts"),
                cell: (one) => (
                  <ul>
                    {one.attempts.map((attempt) => (
                      <li key={attempt.at}>
                        {moment(attempt.at)} {attempt.status ?? attempt.error}{" "}
                        <span class="soft">{number(attempt.milliseconds)} ms</span>
                      </li>
                    ))}
                  </ul>
                ),
              },
              { head: say("next.at"), cell: (one) => (one.next_at ? moment(one.next_at) : "–") },
              {
                head: "",
                cell: (one) => (
                  <button type="button" class="plain small" onClick={() => void orTell(() => replay(one.id))}>
                    {say("message.replay")}
                  </button>
                ),
              },
            ]}
          />
        )}
      </Listed>
    </section>
  );
}
