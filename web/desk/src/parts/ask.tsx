/** A button behind which a question opens. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Dialog } from "./dialog";
import { Form, type Given } from "./form";

interface Opening {
  button: string;
  title?: string | undefined;
  plain?: boolean | undefined;
  small?: boolean | undefined;
  wide?: boolean | undefined;
}

export function Ask({
  button,
  title = button,
  plain,
  small,
  wide = false,
  children,
}: Opening & { children: (close: () => void) => ComponentChildren }) {
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
        <Dialog title={title} close={close} wide={wide}>
          {children(close)}
        </Dialog>
      )}
    </>
  );
}

/** A button behind which one form opens; it closes once its form is carried out. */
export function AskForm<T>({
  does,
  tone,
  submit,
  done,
  children,
  ...opening
}: Opening & {
  /** What the form's own button says, where it is not what opened it. */
  does?: string;
  tone?: "bad";
  submit: (given: Given, key: string) => Promise<T>;
  /** Hears what was answered, once the form is closed. */
  done?: (answer: T) => void;
  children?: ComponentChildren;
}) {
  return (
    <Ask {...opening}>
      {(close) => (
        <Form
          button={does ?? opening.button}
          tone={tone}
          submit={async (given, key) => {
            const answer = await submit(given, key);
            close();
            done?.(answer);
          }}
        >
          {children}
        </Form>
      )}
    </Ask>
  );
}
