/** Which screen the address names. Addresses are hashes: the app is one file, whatever its address says. */

import { type ReadonlySignal, signal } from "@preact/signals";

const FORMS = ["scan", "time", "part", "fault", "reading", "expense", "photo", "complete", "code"] as const;
/** A screen of its own that belongs to a visit. */
export type Form = (typeof FORMS)[number];

export type Route =
  | { at: "jobs" | "outbox" | "settings" | "sign-in" }
  | { at: "job"; id: string }
  | { at: "visit"; id: string }
  | { at: "unit"; gtin: string; serial: string }
  | { at: Form; visit: string };

export function parseRoute(hash: string): Route {
  const [first = "", id = "", form] = hash
    .replace(/^#?\/?/, "")
    .split("/")
    .map(decoded);
  if (first === "outbox" || first === "settings" || first === "sign-in") return { at: first };
  if (first === "job" && id) return { at: "job", id };
  if (first === "unit" && id && form) return { at: "unit", gtin: id, serial: form };
  if (first === "visit" && id) {
    const found = FORMS.find((one) => one === form);
    return found ? { at: found, visit: id } : { at: "visit", id };
  }
  return { at: "jobs" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

export function addressOf(route: Route): string {
  if (route.at === "jobs") return "#/";
  if (route.at === "unit") return `#/unit/${encodeURIComponent(route.gtin)}/${encodeURIComponent(route.serial)}`;
  if ("visit" in route) return `#/visit/${encodeURIComponent(route.visit)}/${route.at}`;
  if ("id" in route) return `#/${route.at}/${encodeURIComponent(route.id)}`;
  return `#/${route.at}`;
}

/** The addresses behind the one that is shown, so that leaving a screen does not lead back to it. */
export class Trail {
  private addresses: string[];

  constructor(first: string) {
    this.addresses = [first];
  }

  get previous(): string | undefined {
    return this.addresses.at(-2);
  }

  /** Notes an address that is shown now; whether it was a step back. */
  moved(address: string): boolean {
    if (address === this.addresses.at(-1)) return false;
    if (address === this.previous) {
      this.addresses.pop();
      return true;
    }
    this.addresses.push(address);
    return false;
  }

  /** Notes that the last address was put in place of the one before it. */
  replaced(address: string): void {
    this.addresses[this.addresses.length - 1] = address;
  }
}

const shown = signal<Route>({ at: "jobs" });
export const route: ReadonlySignal<Route> = shown;

let trail = new Trail("#/");
const scrolled = new Map<string, number>();
let wasBack = false;

/** Follows the address from now on. */
export function followAddress(): void {
  const now = (): string => addressOf(parseRoute(location.hash));
  trail = new Trail(now());
  shown.value = parseRoute(location.hash);
  addEventListener("hashchange", () => {
    wasBack = trail.moved(now());
    shown.value = parseRoute(location.hash);
  });
  addEventListener("scroll", () => scrolled.set(addressOf(shown.peek()), scrollY), { passive: true });
}

export function go(to: Route): void {
  location.hash = addressOf(to);
}

/** Leaves this screen for the one it belongs to; the phone's back button will not return here. */
export function leave(to: Route): void {
  const address = addressOf(to);
  if (trail.previous === address) {
    history.back();
    return;
  }
  trail.replaced(address);
  location.replace(address);
}

/** Puts the page where it was when this screen was left, or at its top. */
export function settleScroll(): void {
  scrollTo(0, wasBack ? (scrolled.get(addressOf(shown.peek())) ?? 0) : 0);
}
