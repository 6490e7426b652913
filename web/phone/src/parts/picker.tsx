/** Finds one row of the catalogue by a few letters, without a network. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { sync } from "../core/store";
import { say } from "../words/words";
import { catalogue, readCatalogue } from "./catalogue";

const SHOWN_MAX = 30;

interface Props<T extends { id: string }> {
  label: string;
  hint: string;
  search: (text: string, limit: number) => T[];
  row: (found: T) => ComponentChildren;
  choose: (found: T) => void;
}

export function Picker<T extends { id: string }>({ label, hint, search, row, choose }: Props<T>) {
  const [text, setText] = useState("");
  const [, setRead] = useState(false);
  const id = useId();
  useEffect(() => {
    void readCatalogue().then(() => setRead(true));
  }, []);
  const loading = sync.value.catalogue;
  const isEmpty = catalogue.value.parts.size + catalogue.value.faults.size === 0;
  const found = search(text, SHOWN_MAX);
  return (
    <div class="picker">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="search"
        value={text}
        placeholder={hint}
        autoComplete="off"
        autoCapitalize="off"
        spellcheck={false}
        enterKeyHint="search"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.preventDefault();
        }}
      />
      {loading && <p class="hint">{say("catalogue.loading", loading)}</p>}
      <ul class="found">
        {found.map((one) => (
          <li key={one.id}>
            <button type="button" onClick={() => choose(one)}>
              {row(one)}
            </button>
          </li>
        ))}
      </ul>
      {!found.length && <p class="empty">{isEmpty ? say("catalogue.empty") : say("nothing.found")}</p>}
      <p class="unseen" role="status">
        {text && say("found", { n: found.length })}
      </p>
    </div>
  );
}
