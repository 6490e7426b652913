/** Who works at this desk, and what the role may see. */

import { type ReadonlySignal, signal } from "@preact/signals";
import { endings, get, post, type Shape } from "./api";
import { forgetSheets } from "./kept-sheet";

export type Me = Shape<"Me">;
export type Role =
  | "admin"
  | "dispatcher"
  | "service_manager"
  | "reviewer"
  | "parts_manager"
  | "partner_office"
  | "technician";

/** Those who create and assign jobs. */
export const DISPATCHING: readonly Role[] = ["admin", "dispatcher", "service_manager"];
export const OFFICE: readonly Role[] = [...DISPATCHING, "reviewer", "parts_manager"];
export const REVIEWING: readonly Role[] = ["reviewer", "service_manager"];
export const MANAGING: readonly Role[] = ["service_manager", "admin"];
export const PARTNER: readonly Role[] = ["partner_office"];

const account = signal<Me | null>(null);
const ended = signal(false);
export const me: ReadonlySignal<Me | null> = account;
/** The session ended by itself; the person has not signed in again yet. */
export const hasEnded: ReadonlySignal<boolean> = ended;

endings.subscribe(() => {
  if (account.peek() === null) return;
  account.value = null;
  ended.value = true;
});

export function is(roles: readonly Role[]): boolean {
  return roles.includes(account.value?.role as Role);
}

/** Finds out whether the browser's session still stands. */
export async function resume(): Promise<void> {
  account.value = await get("/me").catch(() => null);
}

export async function signIn(login: string, password: string): Promise<void> {
  const person = await post("/sign-in/browser", { login, password });
  forgetSheets(person.account_id);
  account.value = person;
  ended.value = false;
}

export async function signOut(): Promise<void> {
  await post("/sign-out", {} as never);
  forgetSheets();
  account.value = null;
}
