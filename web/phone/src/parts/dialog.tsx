/** A sheet that comes up from the bottom edge, where the thumb is; the browser keeps the focus inside it. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { say } from "../words/words";

interface Props {
  title: string;
  close: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, close, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const shown = dialog.current;
    if (shown && !shown.open) shown.showModal();
    return () => shown?.close();
  }, []);
  const cancelled = (event: Event) => {
    event.preventDefault();
    close();
  };
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby={heading} onCancel={cancelled}>
      <h2 id={heading}>{title}</h2>
      {children}
      <button type="button" class="plain" onClick={close}>
        {say("close")}
      </button>
    </dialog>
  );
}
