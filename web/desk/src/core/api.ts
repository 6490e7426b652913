/** Asks the API with the browser's session; what is asked and answered is typed by the contract. */

import { signal } from "@preact/signals";
import type { components, paths } from "../../../contract";

/** A shape of the contract, by its name. */
export type Shape<Name extends keyof components["schemas"]> = components["schemas"][Name];

type Json<T> = T extends { content: { "application/json": infer One } } ? One : never;
type Answered<T> = T extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202)]> : never;
type Query<T> = T extends { parameters: { query?: infer Q } } ? NonNullable<Q> : never;
type Body<T> = T extends { requestBody?: infer B } ? Omit<Json<NonNullable<B>>, "type"> : never;
type Readable = { [P in keyof paths]: paths[P] extends { get: { responses: unknown } } ? P : never }[keyof paths];
type Writable = { [P in keyof paths]: paths[P] extends { post: { responses: unknown } } ? P : never }[keyof paths];

export type Got<P extends Readable> = Answered<paths[P]["get"]>;
export type Asked<P extends Readable> = Query<paths[P]["get"]>;
export type Sent<P extends Writable> = Body<paths[P]["post"]>;
export type Done<P extends Writable> = Answered<paths[P]["post"]>;

/** What is wrong with one field, by its name in the body. */
export interface Wrong {
  field: string;
  words: string;
  code?: string;
}

/** What went wrong: one of the server's problems, or no answer at all (code "away"). */
export class Refused extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    readonly field = "",
    /** What is wrong with which field, where the server says so of several. */
    readonly errors: readonly Wrong[] = [],
  ) {
    super(message);
    this.name = "Refused";
  }
}

/** Counts the answers that said "not signed in": the session ended meanwhile. */
export const endings = signal(0);

/** Reads; `{id}` and the like in the path are taken from `parts`. Empty values are left out of the query. */
export async function get<P extends Readable>(
  path: P,
  query?: Asked<P> | null,
  parts: Record<string, string> = {},
): Promise<Got<P>> {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== "" && value !== null);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const address = addressOf(path, parts);
  return (await call("GET", search.size ? `${address}?${search}` : address)) as Got<P>;
}

/** Writes; `key` makes repeating it after a lost answer harmless. */
export async function post<P extends Writable>(
  path: P,
  body: Sent<P>,
  key: string = crypto.randomUUID(),
  parts: Record<string, string> = {},
): Promise<Done<P>> {
  const headers = { "content-type": "application/json", "idempotency-key": key };
  return (await call("POST", addressOf(path, parts), headers, JSON.stringify(body))) as Done<P>;
}

/** Sends a file as it is. */
export async function send<P extends Writable>(
  path: P,
  file: Blob,
  media: string,
  query: Record<string, string>,
  key: string,
): Promise<Done<P>> {
  const headers = { "content-type": media, "idempotency-key": key };
  return (await call("POST", `${path}?${new URLSearchParams(query)}`, headers, file)) as Done<P>;
}

export function addressOf(path: string, parts: Record<string, string>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parts[name] ?? ""));
}

async function call(method: string, address: string, headers: Record<string, string> = {}, body?: BodyInit) {
  let response: Response;
  try {
    response = await fetch(address, { method, headers: { accept: "application/json", ...headers }, body });
  } catch {
    throw new Refused("away", 0, "");
  }
  const answer = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  if (response.status === 401) endings.value += 1;
  if (answer === null) throw new Refused("away", 0, "");
  if (response.ok) return answer;
  const text = (name: string) => (typeof answer[name] === "string" ? answer[name] : "");
  const errors = (Array.isArray(answer.errors) ? answer.errors : []) as Wrong[];
  // What a sheet lacks is told like a field that is wrong.
  for (const one of Array.isArray(answer.missing) ? answer.missing : [])
    errors.push({ field: String(one.what), words: String(one.words) });
  throw new Refused(text("code"), response.status, text("detail") || text("title"), text("field"), errors);
}
