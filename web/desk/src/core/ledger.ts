/** Keys a paper sheet in, command by command, so that sending it again after an error repeats nothing. */

import { post, Refused, type Sent } from "./api";

type Path =
  | "/visits/travel"
  | "/visits/arrive"
  | "/visits/start"
  | "/photos"
  | "/scans"
  | "/faults"
  | "/parts-used"
  | "/times"
  | "/readings"
  | "/visits/complete";
type Kind = Sent<"/lines/void">["kind"];

/** One command: `at` is its place on the paper, `is` what the person calls that place; a reading names the photo. */
export type Entry = { [P in Path]: { at: string; is: string; path: P; body: Sent<P> } }[Path];

const PHOTO = "photo";

const LINES: Partial<Record<Path, Kind>> = {
  "/photos": "photo",
  "/faults": "fault",
  "/parts-used": "part",
  "/times": "time",
  "/readings": "reading",
};

interface Sending {
  key: string;
  path: Path;
  text: string;
  body: object;
  isDone: boolean;
  /** Of the line that was written. */
  id: string;
}

/** A place on the paper and what was sent of it: a ledger can be made again from these. */
export type Line = readonly [at: string, sent: Sending];

export class Ledger {
  private readonly kept: Map<string, Sending>;

  /** `changed` hears of every change, before and after each command. */
  constructor(
    lines: readonly Line[] = [],
    private readonly changed: (lines: readonly Line[]) => void = () => {},
  ) {
    this.kept = new Map(lines);
  }

  /** Whether this place of the paper has reached the server. */
  has(at: string): boolean {
    return this.kept.get(at)?.isDone ?? false;
  }

  /** Sends what is not there yet, in order; lines that were changed or removed since are struck out, with a reason. */
  async send(entries: readonly Entry[], why: string): Promise<string[]> {
    const photo = JSON.stringify(entries.find((entry) => entry.at === PHOTO)?.body ?? null);
    const texts = new Map(
      entries.map(({ at, path, body }) => [at, JSON.stringify(body) + (path === "/scans" ? photo : "")]),
    );
    for (const [at, kept] of [...this.kept]) {
      if (texts.get(at) === kept.text) continue;
      const kind = LINES[kept.path];
      const line_id = kind && (await idOf(kept));
      if (kind && line_id) await post("/lines/void", { line_id, kind, reason: why });
      this.kept.delete(at);
      this.changed([...this.kept]);
    }
    const flags = new Set<string>();
    for (const entry of entries) for (const flag of await this.put(entry, texts.get(entry.at) ?? "")) flags.add(flag);
    return [...flags];
  }

  private async put({ at, is, path, body }: Entry, text: string): Promise<readonly string[]> {
    const kept = this.kept.get(at) ?? { key: crypto.randomUUID(), path, text, body, isDone: false, id: "" };
    this.kept.set(at, kept);
    if (kept.isDone) return [];
    if (path === "/scans") kept.body = { ...body, photo_id: this.kept.get(PHOTO)?.id ?? null };
    this.changed([...this.kept]);
    try {
      const answer = (await post(path, kept.body as never, kept.key)) as { id?: string; flags?: string[] };
      kept.isDone = true;
      kept.id = answer.id ?? "";
      this.changed([...this.kept]);
      return answer.flags ?? [];
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // What was refused has no effect: it is sent anew. Where no answer came, the same key finds out.
      if (error.status > 0 && error.status < 500) this.kept.delete(at);
      this.changed([...this.kept]);
      throw new PlaceRefused(is, error);
    }
  }
}

/** The id of a line; one whose answer was lost is sent once more, and has none when it is refused. */
async function idOf({ id, path, body, key, isDone }: Sending): Promise<string> {
  if (isDone) return id;
  try {
    return ((await post(path, body as never, key)) as { id?: string }).id ?? "";
  } catch (error) {
    if (error instanceof Refused && error.status > 0 && error.status < 500) return "";
    throw error;
  }
}

/** What was refused, and at which place of the paper. */
export class PlaceRefused extends Refused {
  constructor(
    readonly place: string,
    error: Refused,
  ) {
    super(error.code, error.status, error.message, error.field, error.errors);
  }
}
