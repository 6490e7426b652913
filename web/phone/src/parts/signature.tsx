/** Where the customer signs with a finger. */

import { useEffect, useRef } from "preact/hooks";
import SignaturePad from "signature_pad";
import { say } from "../words/words";
import { type Signature, signatureOf } from "./strokes";

interface Props {
  change: (signature: Signature | null) => void;
}

export function SignatureField({ change }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pad = useRef<SignaturePad | null>(null);
  useEffect(() => {
    const shown = canvas.current;
    if (!shown) return;
    const made = new SignaturePad(shown, {
      minWidth: 1.2,
      maxWidth: 3.2,
      penColor: "#0d1b22",
      backgroundColor: "#fff",
    });
    pad.current = made;
    const fit = (): void => {
      const ratio = devicePixelRatio || 1;
      const drawn = made.toData();
      shown.width = Math.round(shown.clientWidth * ratio);
      shown.height = Math.round(shown.clientHeight * ratio);
      shown.getContext("2d")?.scale(ratio, ratio);
      made.clear();
      made.fromData(drawn);
    };
    const ended = (): void =>
      change(
        signatureOf(
          made.toData().map((group) => group.points),
          shown.clientWidth,
          shown.clientHeight,
        ),
      );
    fit();
    made.addEventListener("endStroke", ended);
    addEventListener("resize", fit);
    return () => {
      made.removeEventListener("endStroke", ended);
      removeEventListener("resize", fit);
      made.off();
    };
  }, []);
  const clear = (): void => {
    pad.current?.clear();
    change(null);
  };
  return (
    <div class="signature">
      <canvas ref={canvas} role="img" aria-label={say("sign.here")} />
      <button type="button" class="plain small" onClick={clear}>
        {say("sign.clear")}
      </button>
    </div>
  );
}
