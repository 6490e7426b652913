/** A button behind which a question opens. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Dialog } from "./dialog";

export function Ask({
  button,
  title,
  plain,
  small,
  wide,
  children,
}: {
  button: string;
  title: string;
  plain?: boolean;
  small?: boolean;
  wide?: boolean;
  children: (close: () => void) => ComponentChildren;
}) {
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <button
        type="button"
        class={[plain && "plain", small && "small"].filter(Boolean).join(" ") || undefined}
        onClick={() => setOpen(true)}
      >
        {button}
      </button>
      {isOpen && (
        <Dialog title={title} close={close} wide={wide ?? false}>
          {children(close)}
        </Dialog>
      )}
    </>
  );
}
