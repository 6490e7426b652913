/** What a partner's office does about a claim: answers a line that was sent back, appeals, withdraws. */

import { post } from "../core/api";
import { Ask } from "../parts/ask";
import { Field, Form } from "../parts/form";
import { say } from "../words/words";
import { lineName } from "./decide";

interface Of {
  claimId: string;
  line: { id: string; kind: string; label: string };
  done: (told: string) => void;
}

function Note({ label, optional }: { label: string; optional?: boolean }) {
  return (
    <Field label={label}>
      {(id) => <textarea id={id} name="note" rows={3} required={!optional} minLength={3} maxLength={4000} />}
    </Field>
  );
}

export function AnswerLine({ claimId, line, done }: Of) {
  return (
    <Ask button={say("answer")} title={`${say("answer")}: ${lineName(line)}`} small>
      {(close) => (
        <Form
          button={say("answer")}
          submit={async (given, key) => {
            const body = { claim_id: claimId, line_ids: [line.id], note: given.note ?? "" };
            await post("/claims/answer", body, key);
            close();
            done(say("answer.done"));
          }}
        >
          <Note label={say("answer.note")} />
        </Form>
      )}
    </Ask>
  );
}

export function AppealLine({ claimId, line, done }: Of) {
  return (
    <Ask button={say("appeal")} title={`${say("appeal")}: ${lineName(line)}`} plain small>
      {(close) => (
        <Form
          button={say("appeal")}
          submit={async (given, key) => {
            await post("/claims/appeal", { claim_id: claimId, line_id: line.id, note: given.note ?? "" }, key);
            close();
            done(say("appeal.done"));
          }}
        >
          <Note label={say("appeal.note")} />
        </Form>
      )}
    </Ask>
  );
}

export function Withdraw({ claimId, done }: { claimId: string; done: (told: string) => void }) {
  return (
    <p class="actions">
      <Ask button={say("withdraw")} title={say("withdraw")} plain>
        {(close) => (
          <Form
            button={say("withdraw")}
            tone="bad"
            submit={async (given, key) => {
              await post("/claims/withdraw", { claim_id: claimId, note: given.note ?? "" }, key);
              close();
              done(say("withdraw.done"));
            }}
          >
            <p>{say("withdraw.once")}</p>
            <Note label={say("withdraw.note")} optional />
          </Form>
        )}
      </Ask>
    </p>
  );
}
