/** A picture that is on this phone. */

import { useEffect, useState } from "preact/hooks";

export function Preview({ blob, alt }: { blob: Blob; alt: string }) {
  const [address, setAddress] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return address ? <img class="preview" src={address} alt={alt} /> : null;
}
