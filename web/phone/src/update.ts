// Installing and updating the app itself. A new version waits until the person agrees and no form is open anywhere.
import { type ReadonlySignal, signal } from "@preact/signals";

const FORM = "fieldstone-form";
const UPDATE_CHECK_MS = 60 * 60 * 1000;

const ready = signal(false);
/** A newer version of the app is here and waits. */
export const updateReady: ReadonlySignal<boolean> = ready;

let registration: ServiceWorkerRegistration | undefined;

/** Registers the service worker and watches for newer versions; does nothing where there are no service workers. */
export function registerServiceWorker(): void {
  const workers = navigator.serviceWorker;
  if (!workers || import.meta.env.DEV) return;
  // The first worker takes the page over without a change of version: that is no reason to load it again.
  let controlled = workers.controller !== null;
  workers.addEventListener("controllerchange", () => {
    if (controlled) location.reload();
    controlled = true;
  });
  workers
    .register("/app/sw.js", { scope: "/app/", updateViaCache: "none" })
    .then(watch)
    .catch((error: unknown) => console.warn("The app could not be kept for use without a network.", error));
}

function watch(found: ServiceWorkerRegistration): void {
  registration = found;
  const tell = () => {
    ready.value = found.waiting !== null && navigator.serviceWorker.controller !== null;
  };
  found.addEventListener("updatefound", () => found.installing?.addEventListener("statechange", tell));
  tell();
  const check = () => {
    if (navigator.onLine) void lookForUpdate();
  };
  setInterval(check, UPDATE_CHECK_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") check();
  });
}

/** Asks the server for a newer version now, say because it no longer speaks with this one. */
export async function lookForUpdate(): Promise<void> {
  await registration?.update().catch(() => undefined); // no network, or a portal's page: the next check will do
}

/** Says that a form is open in this window until the returned function is called; updates wait for it. */
export function openForm(): () => void {
  let close = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  void navigator.locks?.request(FORM, { mode: "shared" }, () => closed);
  return close;
}

/** Changes to the waiting version, which loads all windows again; false when a form is open in one of them. */
export async function applyUpdate(): Promise<boolean> {
  const waiting = registration?.waiting;
  if (!waiting) return false;
  const changed = new Promise<void>((resolve) =>
    navigator.serviceWorker.addEventListener("controllerchange", () => resolve(), { once: true }),
  );
  const activate = async (): Promise<boolean> => {
    waiting.postMessage("activate");
    await changed;
    return true;
  };
  if (!navigator.locks) return activate();
  return navigator.locks.request(FORM, { ifAvailable: true }, (lock) => (lock ? activate() : false));
}
