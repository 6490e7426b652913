/** What a partner's office does about a claim: answers a line that was sent back, appeals, withdraws. */

import { post } from "../core/api";
import { AskForm } from "../parts/ask";
import { lineName } from "../parts/claims";
import { Field } from "../parts/form";
import { say } from "../words/words";

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

export function AnswerLine({ claimId: claim_id, line, done }: Of) {
  return (
    <AskForm
      button={say("answer")}
      title={`${say("answer")}: ${lineName(line)}`}
      small
      submit={({ note = "" }, key) => post("/claims/answer", { claim_id, line_ids: [line.id], note }, key)}
      done={() => done(say("answer.done"))}
    >
      <Note label={say("answer.note")} />
    </AskForm>
  );
}

export function AppealLine({ claimId: claim_id, line, done }: Of) {
  return (
    <AskForm
      button={say("appeal")}
      title={`${say("appeal")}: ${lineName(line)}`}
      plain
      small
      submit={({ note = "" }, key) => post("/claims/appeal", { claim_id, line_id: line.id, note }, key)}
      done={() => done(say("appeal.done"))}
    >
      <Note label={say("appeal.note")} />
    </AskForm>
  );
}

export function Withdraw({ claimId: claim_id, done }: { claimId: string; done: (told: string) => void }) {
  return (
    <p class="actions">
      <AskForm
        button={say("withdraw")}
        plain
        tone="bad"
        submit={({ note = "" }, key) => post("/claims/withdraw", { claim_id, note }, key)}
        done={() => done(say("withdraw.done"))}
      >
        <p>{say("withdraw.once")}</p>
        <Note label={say("withdraw.note")} optional />
      </AskForm>
    </p>
  );
}
