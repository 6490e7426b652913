// What the verification page can do beyond words: compare a PDF with what was issued, check the signature on the code by
// itself, and go on without a network. Everything it says stands in the page, in the reader's language.
import { hex, looksSealed, readToken } from "./token.js";

const KEYS = "/.well-known/report-keys.json";
const KEPT = "fieldstone-verify-1";
const BYTES_MAX = 100 * 1024 * 1024;
const token = decodeURIComponent(location.pathname.slice("/V/".length));
const byId = (id) => document.getElementById(id);

function show(selector, wanted, name) {
  for (const one of document.querySelectorAll(selector)) one.hidden = one.dataset[name] !== wanted;
}

async function digest(bytes) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

async function compare(file) {
  const say = (outcome) => show("[data-outcome]", outcome, "outcome");
  if (!file || file.size > BYTES_MAX) return say("unreadable");
  say("reading");
  try {
    const found = await digest(await file.arrayBuffer());
    say(document.querySelector(`[data-outcome="${found}"]`) ? found : "other");
  } catch {
    say("unreadable");
  }
}

function prepareDrop(box) {
  const input = box.querySelector("input");
  const zone = box.querySelector("label");
  input.addEventListener("change", () => input.files.length && compare(input.files[0]));
  for (const [event, over] of [
    ["dragover", true],
    ["dragleave", false],
    ["drop", false],
  ])
    document.addEventListener(event, (moved) => {
      // Anywhere on the page: a file that misses the field must not take the page's place.
      moved.preventDefault();
      zone.classList.toggle("over", over);
    });
  document.addEventListener("drop", (dropped) => compare(dropped.dataTransfer.files[0]));
  box.hidden = false;
}

async function keys() {
  const answer = await fetch(KEYS);
  if (!answer.ok) throw new Error(`${KEYS} answered ${answer.status}`);
  return (await answer.json()).keys;
}

async function saySigned(line) {
  if (!looksSealed(token)) return;
  const listed = await keys().catch(() => null);
  const said = listed && (await readToken(token, listed));
  const outcome = said ? "yes" : listed ? "no" : "unchecked";
  line.textContent = line.dataset[outcome];
  line.classList.add(outcome);
  line.hidden = false;
}

/** Without a network: what the token says by itself, which is never that the report still stands. */
async function sayOffline() {
  byId("retry").addEventListener("click", () => location.reload());
  if (!looksSealed(token)) return;
  const said = await readToken(token, await keys());
  const trusted = said && !said.key.revoked_at;
  if (!trusted) {
    show("[data-offline]", "unsigned", "offline");
    return;
  }
  const seen = await (await caches.open(KEPT)).match(`/V/seen?${await digest(new TextEncoder().encode(token))}`);
  const when = seen && new Date(await seen.text());
  // Nothing is waited for from here on: what is shown is shown whole.
  if (when) {
    const since = document.querySelector("[data-since=known]");
    since.textContent = since.textContent.replace("{}", when.toLocaleString(document.documentElement.lang));
  }
  for (const place of document.querySelectorAll("[data-said]")) place.textContent = said[place.dataset.said];
  document.querySelector("[data-said=serialEnds]").textContent = `… ${said.serialEnds.slice(-4)}`;
  show("[data-offline]", "signed", "offline");
  show("[data-since]", when ? "known" : "never", "since");
  show("[data-result]", said.result, "result");
  byId("said").hidden = false;
}

// Without a secure address there is neither WebCrypto nor a service worker; the page says the rest without them.
if (globalThis.crypto?.subtle) {
  const drop = byId("drop");
  const signed = byId("signed");
  if (drop) prepareDrop(drop);
  if (signed) saySigned(signed).catch(console.info);
  if (byId("retry")) sayOffline().catch(console.info);
  navigator.serviceWorker?.register("/V/offline.js", { scope: "/V/" }).catch(console.info);
}
