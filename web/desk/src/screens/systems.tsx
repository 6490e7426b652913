/** A partner's own systems: the keys they sign their requests with, and the webhooks that tell them of claims. */

import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog";
import { say } from "../words/words";
import { Keys } from "./api-keys";
import { Messages } from "./messages";
import { Webhooks } from "./webhooks";

export function Systems() {
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <>
      <h1>{say("systems")}</h1>
      <Keys told={setSecret} />
      <Webhooks told={setSecret} />
      <Messages />
      {secret && <Secret close={() => setSecret(null)}>{secret}</Secret>}
    </>
  );
}

function Secret({ close, children }: { close: () => void; children: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => navigator.clipboard?.writeText(children).then(() => setCopied(true));
  return (
    <Dialog title={say("secret.title")} close={close}>
      <p>{say("secret.once")}</p>
      <p>
        <code class="serial secret">{children}</code>
      </p>
      <p class="actions">
        <button type="button" onClick={() => void copy()}>
          {say("secret.copy")}
        </button>
        <span role="status">{isCopied && say("secret.copied")}</span>
      </p>
    </Dialog>
  );
}
