/** A key that opens the phone's camera, or its pictures, and hands over the file. */

import type { ComponentChildren } from "preact";

interface Props {
  take: (file: File) => void;
  children: ComponentChildren;
  class?: string;
  /** From the phone's pictures instead of its camera. */
  stored?: boolean;
}

export function PhotoInput({ take, children, class: name = "button", stored }: Props) {
  return (
    <label class={`file ${name}`}>
      <input
        type="file"
        accept="image/*"
        capture={stored ? undefined : "environment"}
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = "";
          if (file) take(file);
        }}
      />
      {children}
    </label>
  );
}
