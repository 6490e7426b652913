// The service worker: keeps the app's own files so that it starts without a network. It never touches the API.
declare const self: ServiceWorkerGlobalScope;

/** What a build consists of, put in by scripts/build.mjs: address and digest ("sha256-…") of every file. */
declare const FILES: readonly (readonly [address: string, digest: string])[];
declare const BUILD: string;

const PREFIX = "fieldstone-app-";
const CACHE = PREFIX + BUILD;
const PAGE = "/app/";
/** Lies in a cache whose build was in use once; a build that only ever waited leaves none. */
const USED = "/app/used";

self.addEventListener("install", (event) => event.waitUntil(keepAll()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

self.addEventListener("message", (event) => {
  // Only a page asks for this, when the person agreed and no form is open (see update.ts).
  if (event.data === "activate") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin || !address.pathname.startsWith(PAGE)) return;
  event.respondWith(answer(request.mode === "navigate" ? PAGE : address.pathname, request));
});

/** Keeps every file of this build or fails as a whole; the digest turns away what a captive portal answers instead. */
async function keepAll(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(
    FILES.map(async ([address, digest]) => {
      const had = address === PAGE ? undefined : await same(address, digest);
      const request = new Request(address, { integrity: digest, cache: "no-cache", credentials: "omit" });
      await cache.put(address, had ?? (await whole(request)));
    }),
  );
}

async function whole(request: Request): Promise<Response> {
  const response = await fetch(request);
  if (!response.ok || response.redirected) throw new Error(`${request.url} answered ${response.status}`);
  return response;
}

/** Returns the file as an earlier build kept it, when its content is the same: one megabyte of reader need not come twice. */
async function same(address: string, digest: string): Promise<Response | undefined> {
  const kept = await caches.match(address);
  if (!kept) return undefined;
  const content = await kept.clone().arrayBuffer();
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return digest === `sha256-${btoa(String.fromCharCode(...found))}` ? kept : undefined;
}

/** Keeps the generation that another window may still run, forgets all others, and serves the open windows. */
async function takeOver(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  const used = await Promise.all(others.map((name) => caches.match(USED, { cacheName: name })));
  const previous = others.filter((_, at) => used[at]).at(-1);
  await Promise.all(others.filter((name) => name !== previous).map((name) => caches.delete(name)));
  await (await caches.open(CACHE)).put(USED, new Response(BUILD));
  await self.clients.claim();
}

async function answer(address: string, request: Request): Promise<Response> {
  const own = await caches.match(address, { cacheName: CACHE });
  return own ?? (await caches.match(address)) ?? fetch(request);
}

export {};
