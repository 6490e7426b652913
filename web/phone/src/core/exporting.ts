/** The last resort: everything recorded on this phone as one file, which the office can read without the phone. */

import type { AccountDatabase } from "./database";
import { asSent } from "./outbox";
import { APP_VERSION } from "./wire";

const sliceBytes = 24 * 1024; // a multiple of three, so that slices of base64 may be put together

/** Return the outbox with the fate of each operation, and the bytes of photos that are on this phone only, as JSON. */
export async function exported(db: AccountDatabase, at: string): Promise<Blob> {
  const numbering = await db.setting("numbering");
  const session = await db.setting("session");
  const entries = await db.outbox.orderBy("seq").toArray();
  const head = {
    product: "fieldstone",
    app: APP_VERSION,
    exported_at: at,
    account_id: session?.account_id ?? null,
    name: session?.name ?? null,
    device: numbering?.device ?? null,
    acked: numbering?.acked ?? null,
    ops: entries.map((entry) => ({
      ...asSent(entry),
      acknowledged: entry.acked === 1,
      result: entry.result,
      reason: entry.reason,
    })),
  };
  const parts: string[] = [JSON.stringify(head).slice(0, -1), ',"photos":['];
  const waiting = await db.attachments.where("done").equals(0).toArray();
  for (const [place, photo] of waiting.entries()) {
    const held = await db.contents.get(photo.id);
    const { id, visit, kind, sha256, type } = photo;
    if (place > 0) parts.push(",");
    parts.push(JSON.stringify({ id, visit, kind, sha256, type }).slice(0, -1), ',"base64":"');
    if (held) parts.push(base64(held.content));
    parts.push('"}');
  }
  parts.push("]}");
  return new Blob(parts, { type: "application/json" });
}

function base64(content: ArrayBuffer): string {
  const bytes = new Uint8Array(content);
  let text = "";
  for (let first = 0; first < bytes.length; first += sliceBytes) {
    text += btoa(String.fromCharCode(...bytes.subarray(first, first + sliceBytes)));
  }
  return text;
}
