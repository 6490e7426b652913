/** Photos' bytes up, in pieces that survive a cut: a small tus 1.0 client (creation and core protocol). */

import type { AccountDatabase, Attachment } from "./database";
import { type Network, NoAnswer, Refused, refusalOf } from "./network";
import type { SessionKeeper } from "./session";

const TUS = { "tus-resumable": "1.0.0" };
const pieceBytes = 256 * 1024;
const pieceSeconds = 60;
/** Statuses after which the same bytes would be refused again. */
const FINAL = new Set([400, 403, 413, 415, 422]);

export class Uploader {
  /** How far the photo under way is: the server tells it at the beginning and after each piece. */
  private under: { id: string; offset: number } | null = null;

  constructor(
    private readonly db: AccountDatabase,
    private readonly network: Network,
    private readonly session: SessionKeeper,
  ) {}

  /** Send one piece of the oldest photo that is not up; returns whether there is more. Raises what asking raises. */
  async step(): Promise<boolean> {
    const photo = await this.db.attachments.where("done").equals(0).first();
    if (!photo) return false;
    try {
      const offset = this.under?.id === photo.id ? this.under.offset : await this.begin(photo);
      const reached = offset < photo.bytes ? await this.sendPiece(photo, offset) : offset;
      this.under = { id: photo.id, offset: reached };
      if (reached >= photo.bytes) await this.done(photo, null);
    } catch (error) {
      // Whatever went wrong, the server knows how much it holds.
      this.under = null;
      if (!(error instanceof Refused && FINAL.has(error.status))) throw error;
      await this.done(photo, error.code);
    }
    return true;
  }

  private async begin(photo: Attachment): Promise<number> {
    const response = await this.ask("/uploads", "POST", {
      "upload-length": String(photo.bytes),
      "upload-metadata": `id ${btoa(photo.id)},sha256 ${btoa(photo.sha256)}`,
    });
    return offsetOf(response) ?? 0;
  }

  private async sendPiece(photo: Attachment, offset: number): Promise<number> {
    const held = await this.db.contents.get(photo.id);
    if (!held) throw new Refused(422, "bytes-missing", null);
    const piece = held.content.slice(offset, offset + pieceBytes);
    const response = await this.ask(
      `/uploads/${photo.id}`,
      "PATCH",
      { "upload-offset": String(offset), "content-type": "application/offset+octet-stream" },
      piece,
    );
    const reached = offsetOf(response);
    if (reached === null) throw new NoAnswer("captive-portal");
    return reached;
  }

  private async ask(path: string, method: "POST" | "PATCH", headers: Record<string, string>, body?: ArrayBuffer) {
    return this.session.withAccess(async (bearer) => {
      const asking = { method, headers: { ...TUS, ...headers }, bearer, body, seconds: pieceSeconds };
      const response = await this.network.send(path, asking);
      if (!response.ok) throw await refusalOf(response);
      if (!response.headers.has("tus-resumable")) throw new NoAnswer("captive-portal");
      return response;
    });
  }

  private async done(photo: Attachment, refused: string | null): Promise<void> {
    this.under = null;
    await this.db.attachments.update(photo.id, { done: 1, refused });
  }
}

function offsetOf(response: Response): number | null {
  const told = response.headers.get("upload-offset");
  return told === null ? null : Number(told);
}
