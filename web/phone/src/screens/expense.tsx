/** Money that was spent, or that the customer was charged; with its receipt. */

import { useState } from "preact/hooks";
import { minorUnits } from "../../../common/money";
import { addPhoto, record } from "../core/store";
import { type Current, whereOf } from "../parts/current";
import { Choice, Select, TextField } from "../parts/fields";
import { FormScreen } from "../parts/form";
import { Icon } from "../parts/icons";
import { PhotoInput } from "../parts/photo-input";
import { Preview } from "../parts/preview";
import { downscale } from "../scanner/photo";
import { language, say, word } from "../words/words";

const KINDS = ["parking", "toll", "hotel", "meal", "material", "shipping", "parts", "labour", "travel", "other"];
const CURRENCIES = ["EUR", "CNY", "USD", "GBP", "CHF", "PLN", "CZK", "HKD", "JPY", "SGD"];
const KEY = "fieldstone-currency";

export function ExpenseScreen({ current }: { current: Current }) {
  const { visit } = current;
  const [direction, setDirection] = useState<"spent" | "charged">("spent");
  const [kind, setKind] = useState("parking");
  const [amount, setAmount] = useState("");
  const [currency, setCurrency] = useState(lastCurrency);
  const [note, setNote] = useState("");
  const [receipt, setReceipt] = useState<File | null>(null);
  const [kept, setKept] = useState<string | null>(null);
  const [asked, setAsked] = useState(false);
  const minor = minorUnits(amount, currency);
  const missing = (): string | null => {
    setAsked(true);
    return minor === null ? say("amount.wrong") : null;
  };
  const save = async (): Promise<void> => {
    let photo = kept;
    if (receipt && !photo) {
      photo = await addPhoto(visit.id, await downscale(receipt), "receipt", word("money", kind));
      setKept(photo); // trying again after a failure must not add the photo twice
    }
    const body = {
      visit_id: visit.id,
      direction,
      kind,
      amount_minor: minor,
      currency,
      photo_id: photo,
      note: note.trim(),
    };
    await record("expense.add", body, whereOf(current));
    remember(currency);
  };
  return (
    <FormScreen title={say("expense.add")} up={{ at: "visit", id: visit.id }} missing={missing} save={save}>
      <Choice
        label={say("direction")}
        options={(["spent", "charged"] as const).map((value) => ({ value, text: word("direction", value) }))}
        value={direction}
        change={setDirection}
      />
      <Select
        label={say("expense.kind")}
        options={KINDS.map((value) => ({ value, text: word("money", value) }))}
        value={kind}
        change={setKind}
      />
      <div class="side">
        <TextField
          label={say("amount")}
          inputMode="decimal"
          value={amount}
          maxLength={14}
          change={setAmount}
          error={asked && minor === null ? say("amount.wrong") : undefined}
        />
        <Select
          label={say("currency")}
          options={CURRENCIES.map((value) => ({ value, text: value }))}
          value={currency}
          change={setCurrency}
        />
      </div>
      {receipt && <Preview blob={receipt} alt={say("photo.receipt")} />}
      <PhotoInput class="button plain" take={setReceipt}>
        <Icon name="photo" /> {say(receipt ? "photo.again" : "expense.receipt")}
      </PhotoInput>
      <TextField label={say("note")} optional rows={2} maxLength={4000} value={note} change={setNote} />
    </FormScreen>
  );
}

function lastCurrency(): string {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept && CURRENCIES.includes(kept)) return kept;
  } catch {
    // Forbidden storage: the guess will do.
  }
  return language.peek() === "zh" ? "CNY" : "EUR";
}

function remember(currency: string): void {
  try {
    localStorage.setItem(KEY, currency);
  } catch {
    // A convenience only.
  }
}
