/** One request and its answer; whatever did not come from our server counts as no answer. */

import type { Surroundings } from "./surroundings";
import { PROTOCOL, PROTOCOL_HEADER } from "./wire";

export const requestSeconds = 30;
const gzipFrom = 1024;

/** Nothing usable came back: the request may or may not have been carried out. */
export class NoAnswer extends Error {
  constructor(
    readonly why: "offline" | "cut" | "captive-portal" | "busy",
    readonly retryAfter: number | null = null,
  ) {
    super(why);
    this.name = "NoAnswer";
  }
}

/** The server refused, with one of its problems. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly retryAfter: number | null,
  ) {
    super(`${status} ${code}`);
    this.name = "Refused";
  }
}

interface Asking {
  method?: "POST" | "GET" | "HEAD" | "PATCH";
  body?: unknown;
  bearer?: string;
  seconds?: number;
  headers?: Record<string, string>;
  /** Compress the body where the browser can. */
  gzip?: boolean;
}

export class Network {
  constructor(private readonly surroundings: Surroundings) {}

  /** Ask a route of the sync protocol; raises NoAnswer, Refused. */
  async sync<T>(path: string, asking: Asking): Promise<T> {
    const response = await this.send(path, asking);
    // Before the header is looked at, for a problem comes without it.
    const text = await textOf(response);
    if (response.headers.get(PROTOCOL_HEADER) !== PROTOCOL) throw new NoAnswer("captive-portal");
    return content(text) as T;
  }

  /** Ask any other route that answers JSON. */
  async plain<T>(path: string, asking: Asking): Promise<T> {
    return content(await this.text(path, asking)) as T;
  }

  /** Ask for a JSON text as it is. */
  async text(path: string, asking: Asking): Promise<string> {
    return textOf(await this.send(path, asking));
  }

  /** Send and return the bare answer, for transfers of files; raises NoAnswer when there is none within the time. */
  async send(path: string, asking: Asking): Promise<Response> {
    const { method = "POST", bearer, seconds = requestSeconds } = asking;
    const headers: Record<string, string> = { accept: "application/json", ...asking.headers };
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    let body: BodyInit | undefined;
    if (asking.body instanceof ArrayBuffer) body = asking.body;
    else if (asking.body !== undefined) {
      headers["content-type"] = "application/json";
      const text = JSON.stringify(asking.body);
      body = asking.gzip ? await packed(text, headers) : text;
    }
    try {
      return await this.surroundings.fetch(path, {
        method,
        headers,
        body,
        credentials: "omit",
        cache: "no-store",
        // A portal sends us elsewhere; our server never does.
        redirect: "manual",
        signal: AbortSignal.timeout(seconds * 1000),
      });
    } catch {
      throw new NoAnswer("offline");
    }
  }
}

/** Return the text of a JSON answer; raises Refused for one of the server's problems, NoAnswer for anything else. */
async function textOf(response: Response): Promise<string> {
  const type = response.headers.get("content-type") ?? "";
  if (!response.ok || !type.startsWith("application/json")) throw await refusalOf(response);
  try {
    return await response.text();
  } catch {
    throw new NoAnswer("cut");
  }
}

/** What an answer that is not the wanted one means: a problem of the server, or no answer of its at all. */
export async function refusalOf(response: Response): Promise<Refused | NoAnswer> {
  const retryAfter = Number(response.headers.get("retry-after")) || null;
  if ((response.headers.get("content-type") ?? "").startsWith("application/problem+json")) {
    const told = parsed(await response.text().catch(() => ""));
    const code = (told as { code?: unknown } | null)?.code;
    return typeof code === "string" ? new Refused(response.status, code, retryAfter) : new NoAnswer("cut");
  }
  if (response.status >= 500 || response.status === 429) return new NoAnswer("busy", retryAfter);
  return new NoAnswer("captive-portal");
}

function content(text: string): object {
  const found = parsed(text);
  if (found === null || typeof found !== "object") throw new NoAnswer("cut");
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function packed(text: string, headers: Record<string, string>): Promise<BodyInit> {
  if (text.length < gzipFrom || typeof CompressionStream === "undefined") return text;
  headers["content-encoding"] = "gzip";
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
