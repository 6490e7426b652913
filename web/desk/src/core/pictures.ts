/** Photos' bytes up: what the server's tus 1.0 needs for a file that is at hand. */

import { Refused } from "./api";

const TUS = { "tus-resumable": "1.0.0" };
const PIECE_BYTES = 256 * 1024;

/** The SHA-256 of a file's bytes, by which commands name it. */
export async function hashOfFile(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Sends the bytes under an id of their own; what arrived of them before is not sent again. */
export async function sendPicture(file: Blob, id: string, sha256: string): Promise<void> {
  let offset = await ask("/uploads", "POST", {
    "upload-length": String(file.size),
    "upload-metadata": `id ${btoa(id)},sha256 ${btoa(sha256)}`,
  });
  while (offset < file.size) {
    const headers = { "upload-offset": String(offset), "content-type": "application/offset+octet-stream" };
    offset = await ask(`/uploads/${id}`, "PATCH", headers, file.slice(offset, offset + PIECE_BYTES));
  }
}

async function ask(address: string, method: string, headers: Record<string, string>, body?: Blob): Promise<number> {
  const response = await fetch(address, { method, headers: { ...TUS, ...headers }, body }).catch(() => null);
  const reached = response?.headers.get("upload-offset");
  if (response?.ok) return Number(reached ?? 0);
  const told = (await response?.json().catch(() => null)) as Record<string, string> | null | undefined;
  throw new Refused(told?.code ?? "away", told ? (response?.status ?? 0) : 0, told?.detail ?? "");
}
