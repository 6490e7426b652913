/** A photo for the sheet: taken, named, kept smaller on this phone, and sent when there is a network. */

import { useState } from "preact/hooks";
import { addPhoto } from "../core/store";
import type { Current } from "../parts/current";
import { Choice, TextField } from "../parts/fields";
import { FormScreen } from "../parts/form";
import { Icon } from "../parts/icons";
import { PhotoInput } from "../parts/photo-input";
import { Preview } from "../parts/preview";
import { downscale } from "../scanner/photo";
import { say, word } from "../words/words";

const KINDS = ["label", "before", "after", "receipt", "other"] as const;
type Kind = (typeof KINDS)[number];

export function PhotoScreen({ current }: { current: Current }) {
  const { visit } = current;
  const [file, setFile] = useState<File | null>(null);
  const [kind, setKind] = useState<Kind>(visit.state === "arrived" ? "before" : "after");
  const [caption, setCaption] = useState("");
  const save = async (): Promise<void> => {
    if (file) await addPhoto(visit.id, await downscale(file), kind, caption.trim());
  };
  return (
    <FormScreen
      title={say("photo.add")}
      up={{ at: "visit", id: visit.id }}
      missing={() => (file ? null : say("photo.missing"))}
      save={save}
    >
      {file ? <Preview blob={file} alt={word("photo", kind)} /> : <p class="hint">{say("photo.hint")}</p>}
      <div class="pair">
        <PhotoInput class="button plain" stored take={setFile}>
          {say("photo.stored")}
        </PhotoInput>
        <PhotoInput class={file ? "button plain" : "button"} take={setFile}>
          <Icon name="photo" /> {say(file ? "photo.again" : "photo.take")}
        </PhotoInput>
      </div>
      <Choice
        label={say("photo.kind")}
        options={KINDS.map((value) => ({ value, text: word("photo", value) }))}
        value={kind}
        change={setKind}
      />
      <TextField label={say("photo.caption")} optional value={caption} maxLength={200} change={setCaption} />
    </FormScreen>
  );
}
