/** Signing in and out: which account works with this phone, and under which device id. */

import type { DeviceDatabase } from "./database";
import { AccountDatabase } from "./database";
import { type Network, NoAnswer, Refused } from "./network";
import { takeOver } from "./outbox";
import { kept } from "./session";
import type { Surroundings } from "./surroundings";
import { SignInProblem } from "./views";
import { APP_VERSION, type Tokens } from "./wire";

/** Problems after which this phone needs a new id: the old one is somebody else's or was revoked. */
const NEEDS_NEW_ID = new Set(["device-of-somebody-else", "session-ended"]);

/**
 * Sign in and make the account's database ready; returns the account. Raises SignInProblem.
 *
 * A database that the account has on this phone is gone on with: what is in its outbox will be sent.
 */
export async function signIn(
  device: DeviceDatabase,
  network: Network,
  surroundings: Surroundings,
  login: string,
  password: string,
): Promise<string> {
  const name = login.trim().toLowerCase();
  const known = (await device.accounts.get(name))?.account;
  const held = known ? await deviceIdOf(known, surroundings) : undefined;
  const { tokens, partner } = await withTokens(network, surroundings, name, password, held);
  const account = tokens.account_id;
  const db = new AccountDatabase(account, surroundings);
  try {
    await settle(db, tokens, partner, surroundings);
  } finally {
    db.close();
  }
  await device.transaction("rw", [device.accounts, device.current], async () => {
    await device.accounts.put({ login: name, account });
    await device.current.put({ key: "current", account });
  });
  return account;
}

async function deviceIdOf(account: string, surroundings: Surroundings): Promise<string | undefined> {
  const db = new AccountDatabase(account, surroundings);
  try {
    // An id made for enrolling anew is the one the server would be asked for next.
    return (await db.setting("recovery"))?.device ?? (await db.setting("numbering"))?.device;
  } finally {
    db.close();
  }
}

async function withTokens(
  network: Network,
  surroundings: Surroundings,
  login: string,
  password: string,
  held: string | undefined,
): Promise<{ tokens: Tokens; partner: string | null }> {
  const ask = (id: string) =>
    network.plain<Tokens>("/sign-in", {
      body: { login, password, phone: { id, name: surroundings.phoneName, app_version: APP_VERSION } },
    });
  let tokens: Tokens;
  try {
    try {
      tokens = await ask(held ?? crypto.randomUUID());
    } catch (error) {
      if (!(held && error instanceof Refused && NEEDS_NEW_ID.has(error.code))) throw error;
      tokens = await ask(crypto.randomUUID());
    }
  } catch (error) {
    throw problemOf(error);
  }
  if (typeof tokens.access_token !== "string" || !tokens.device_id) throw new SignInProblem("captive-portal");
  return { tokens, partner: await partnerOf(network, tokens.access_token) };
}

function problemOf(error: unknown): unknown {
  if (error instanceof Refused) return new SignInProblem(error.code, error.retryAfter);
  if (error instanceof NoAnswer) return new SignInProblem(error.why === "captive-portal" ? error.why : "offline");
  return error;
}

async function partnerOf(network: Network, bearer: string): Promise<string | null> {
  try {
    return (await network.plain<{ partner_id: string | null }>("/me", { method: "GET", bearer })).partner_id;
  } catch {
    return null; // only the wording of coverage depends on it
  }
}

async function settle(db: AccountDatabase, tokens: Tokens, partner: string | null, surroundings: Surroundings) {
  const session = kept(tokens, partner, surroundings.now());
  await db.transaction("rw", db.settings, async () => {
    if (!(await db.setting("born"))) await db.set("born", crypto.randomUUID());
  });
  const numbering = await db.setting("numbering");
  const device = tokens.device_id as string;
  if (numbering?.device !== device) {
    await takeOver(db, device, session);
    return;
  }
  await db.transaction("rw", db.settings, async () => {
    await db.set("session", session);
    await db.settings.delete("ended");
  });
}

/** Leave: the session ends, what was told of customers goes; what was recorded and the catalogue stay. */
export async function signOut(device: DeviceDatabase, db: AccountDatabase, network: Network): Promise<void> {
  const bearer = (await db.setting("session"))?.access_token;
  await db.transaction("rw", [db.rows, db.feeds, db.settings], async () => {
    await db.rows.where("feed").equals("me").delete();
    await db.feeds.delete("me");
    await db.settings.delete("session");
    await db.set("ended", "signed-out");
  });
  await device.current.clear();
  if (bearer) await network.plain("/sign-out", { bearer, seconds: 10 }).catch(() => undefined);
}
