// The Chromium that the tests and the pictures use: the system's own, never a download.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Path of the Chromium of this machine; CHROMIUM names another. */
export function chromiumPath() {
  const found = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
    (path) => path && existsSync(path),
  );
  if (!found) throw new Error("no Chromium on this machine: install it, or name it in CHROMIUM");
  return found;
}

/** Starts a browser without a window. */
export function launch(options = {}) {
  return chromium.launch({ executablePath: chromiumPath(), args: FLAGS, ...options });
}

/** Starts a browser without a window whose profile lies in `folder`, as an installed app's would. */
export function launchWithProfile(folder, options = {}) {
  return chromium.launchPersistentContext(folder, { executablePath: chromiumPath(), args: FLAGS, ...options });
}
