/** The session of this phone: tokens that are exchanged one at a time, and what it means when that is refused. */

import type { AccountDatabase, StoredSession } from "./database";
import { type Network, NoAnswer, Refused } from "./network";
import type { Surroundings } from "./surroundings";
import type { Tokens } from "./wire";

const lockWaitMs = 60_000;
/** An answer with the next tokens may get lost; the server repeats it for a minute. */
const refreshTries = 3;
const refreshPauseMs = 3_000;
/** An access token is not used in its last seconds: the request takes time. */
const marginMs = 20_000;

/** The session has ended: somebody has to sign in again. Nothing on the phone changes by it. */
export class SignedOut extends Error {
  constructor() {
    super("signed-out");
    this.name = "SignedOut";
  }
}

/** What is kept of an answer with tokens. */
export function kept(tokens: Tokens, partner: string | null, now: number): StoredSession {
  return { ...tokens, partner, until: now + tokens.access_seconds * 1000 - marginMs };
}

/** Run `body` alone among all tabs; after a minute of waiting without, for a tab may be frozen while it holds the lock. */
export async function alone<T>(surroundings: Surroundings, name: string, body: () => Promise<T>): Promise<T> {
  if (!surroundings.locks) return body();
  const waiting = new AbortController();
  const stop = surroundings.later(lockWaitMs, () => waiting.abort());
  let answer: { value: T } | null = null;
  let begun = false;
  try {
    await surroundings.locks.request(name, { signal: waiting.signal }, async () => {
      begun = true;
      stop();
      answer = { value: await body() };
    });
  } catch (error) {
    if (begun || !waiting.signal.aborted) throw error;
  } finally {
    stop();
  }
  const given = answer as { value: T } | null;
  return given ? given.value : body();
}

export class SessionKeeper {
  constructor(
    private readonly db: AccountDatabase,
    private readonly network: Network,
    private readonly surroundings: Surroundings,
  ) {}

  /** Ask with an access token; on 401 exchange it once and ask again. Raises SignedOut, NoAnswer, Refused. */
  async withAccess<T>(ask: (bearer: string) => Promise<T>): Promise<T> {
    const held = await this.db.setting("session");
    if (!held) throw new SignedOut();
    const first = this.surroundings.now() < held.until ? held : await this.exchange(held);
    try {
      return await ask(first.access_token);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 401)) throw error;
    }
    const second = await this.exchange(first);
    try {
      return await ask(second.access_token);
    } catch (error) {
      if (error instanceof Refused && error.status === 401) throw new SignedOut();
      throw error;
    }
  }

  /** Exchange the tokens unless another tab has done it meanwhile. */
  private async exchange(stale: StoredSession): Promise<StoredSession> {
    return alone(this.surroundings, `${this.db.name}-session`, async () => {
      const held = await this.db.setting("session");
      if (!held) throw new SignedOut();
      if (held.access_token !== stale.access_token) return held;
      let tokens: Tokens;
      try {
        tokens = await this.refreshed(held.refresh_token);
      } catch (error) {
        if (!(error instanceof Refused && error.status === 401)) throw error;
        const now = await this.db.setting("session");
        if (now && now.refresh_token !== held.refresh_token) return now;
        throw new SignedOut();
      }
      const next = kept(tokens, held.partner, this.surroundings.now());
      return this.db.transaction("rw", this.db.settings, async () => {
        const now = await this.db.setting("session");
        if (now?.refresh_token !== held.refresh_token) return now ?? next;
        await this.db.set("session", next);
        return next;
      });
    });
  }

  private async refreshed(refreshToken: string): Promise<Tokens> {
    for (let left = refreshTries; ; left--) {
      try {
        return await this.network.plain<Tokens>("/sign-in/refresh", {
          body: { refresh_token: refreshToken },
          seconds: 15,
        });
      } catch (error) {
        if (!(error instanceof NoAnswer) || left <= 1) throw error;
        await new Promise<void>((resolve) => this.surroundings.later(refreshPauseMs, resolve));
      }
    }
  }
}
