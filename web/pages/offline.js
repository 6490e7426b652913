// Keeps a page, its scripts and the list of keys, so that a code that was scanned without a network still tells what its
// signature proves. No answer about a report is kept: what was true of it may no longer be.
const KEPT = "fieldstone-verify-1";
const KEYS = "/.well-known/report-keys.json";
const PAGES = ["/V/offline?lang=en", "/V/offline?lang=zh"];
const SCRIPTS = ["/V/check.js", "/V/token.js"];
const PATIENCE_MS = 10_000;
const CODE = /^\/V\/[^/.]+$/;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll([...PAGES, ...SCRIPTS, KEYS])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate" && CODE.test(address.pathname)) event.respondWith(look(event, address));
  else if ([...SCRIPTS, KEYS].includes(address.pathname)) event.respondWith(newest(request, address.pathname));
});

async function look(event, address) {
  try {
    const answer = await fetch(event.request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok) event.waitUntil(noteSeen(decodeURIComponent(address.pathname.slice("/V/".length))));
    return answer;
  } catch {
    const asked = address.searchParams.get("lang") ?? self.navigator.language;
    return (await kept(PAGES[/^zh/i.test(asked) ? 1 : 0])) ?? Response.error();
  }
}

/** Notes when the register last spoke about a code; which code it was cannot be read from the note. */
async function noteSeen(token) {
  const cache = await caches.open(KEPT);
  await cache.put(`/V/seen?${await digest(token)}`, new Response(new Date().toISOString()));
}

async function newest(request, path) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok) await (await caches.open(KEPT)).put(path, answer.clone());
    return answer;
  } catch {
    return (await kept(path)) ?? Response.error();
  }
}

async function kept(path) {
  return (await caches.open(KEPT)).match(path, { ignoreVary: true });
}

async function digest(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
