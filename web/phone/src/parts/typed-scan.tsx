/** A serial typed by hand: with the reason why nothing could be read, and a photo of the label. */

import { useRef, useState } from "preact/hooks";
import { addPhoto, record } from "../core/store";
import { downscale } from "../scanner/photo";
import { say } from "../words/words";
import { type Current, whereOf } from "./current";
import { Choice, TextField } from "./fields";
import { FormScreen } from "./form";
import { Icon } from "./icons";
import { PhotoInput } from "./photo-input";
import { Preview } from "./preview";
import { isReason, reasonText } from "./reason";
import { judge, Verdict } from "./verdict";

const REASONS = ["damaged", "dirty", "no-code", "out-of-reach", "other"] as const;
type Reason = (typeof REASONS)[number];

interface Props {
  current: Current;
  photo: File | null;
  /** Why the way before did not work. */
  note: string | null;
  camera: () => void;
}

export function TypedScan({ current, photo: given, note, camera }: Props) {
  const { job, visit } = current;
  const [text, setText] = useState("");
  const [reason, setReason] = useState<Reason | null>(null);
  const [other, setOther] = useState("");
  const [photo, setPhoto] = useState<File | null>(given);
  const [asked, setAsked] = useState(false);
  const kept = useRef<string | null>(null);
  const serial = text.trim();
  const because = reason === "other" ? other.trim() : reason ? say(`typed.${reason}`) : "";
  const lacksReason = !isReason(because);
  const missing = (): string | null => {
    setAsked(true);
    if (!serial) return say("typed.serial.needed");
    if (lacksReason) return say("typed.reason.needed");
    return photo ? null : say("typed.photo.needed");
  };
  const save = async (): Promise<void> => {
    if (!photo) return;
    kept.current ??= await addPhoto(visit.id, await downscale(photo), "label");
    const body = {
      visit_id: visit.id,
      source: "typed",
      scanned_text: serial,
      typed_reason: reasonText(because),
      photo_id: kept.current,
      scanned_at: new Date().toISOString(),
    };
    await record("scan.record", body, whereOf(current));
  };
  return (
    <FormScreen title={say("typed.title")} up={{ at: "visit", id: visit.id }} missing={missing} save={save}>
      {note && (
        <p class="notice" data-tone="warn" role="status">
          {note}
        </p>
      )}
      <TextField
        label={say("serial")}
        value={text}
        maxLength={128}
        autoComplete="off"
        autoCapitalize="characters"
        spellcheck={false}
        change={setText}
        error={asked && !serial ? say("needed") : undefined}
      />
      {serial.length > 3 && <Verdict found={judge({ source: "typed", scanned_text: serial }, job)} />}
      <Choice
        label={say("typed.why")}
        stacked
        options={REASONS.map((value) => ({ value, text: say(`typed.${value}`) }))}
        value={reason}
        change={setReason}
        error={asked && !reason ? say("choose") : undefined}
      />
      {reason === "other" && (
        <TextField
          label={say("reason")}
          value={other}
          maxLength={500}
          change={setOther}
          error={asked && lacksReason ? say("reason.short") : undefined}
        />
      )}
      {photo && <Preview blob={photo} alt={say("photo.label")} />}
      <PhotoInput
        class={photo ? "button plain" : "button"}
        take={(taken) => {
          kept.current = null;
          setPhoto(taken);
        }}
      >
        <Icon name="photo" /> {say(photo ? "photo.again" : "typed.photo")}
      </PhotoInput>
      <button type="button" class="plain" onClick={camera}>
        <Icon name="scan" /> {say("typed.camera")}
      </button>
    </FormScreen>
  );
}
