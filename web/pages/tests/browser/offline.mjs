// A code that is scanned without a network: what its signature proves is told, and never that the report still stands.
import assert from "node:assert/strict";
import { request as ask, createServer } from "node:http";
import { until } from "../../../scripts/until.mjs";
import { given, scenario } from "./reader.mjs";

/** The way to the server, which can be cut. */
class Relay {
  async open(port = 0) {
    this.server = createServer((incoming, outgoing) => {
      const { hostname, port: target } = new URL(process.env.BASE);
      const options = {
        hostname,
        port: target,
        path: incoming.url,
        method: incoming.method,
        headers: incoming.headers,
      };
      incoming.pipe(
        ask(options, (answer) => {
          outgoing.writeHead(answer.statusCode, answer.headers);
          answer.pipe(outgoing);
        }),
      );
    });
    await new Promise((done) => this.server.listen(port, "127.0.0.1", done));
    this.port = this.server.address().port;
    return `http://127.0.0.1:${this.port}`;
  }

  cut() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }
}

const TITLES = {
  en: { genuine: "Genuine", signed: "Signed by us", unsigned: "Not confirmed", waiting: "No connection" },
  zh: { genuine: "真实有效", signed: "由我方签署", unsigned: "无法确认", waiting: "网络不可用" },
};
const SINCE = { en: "Current status unknown since", zh: "现行状态未知" };
const NEVER = { en: "has never checked it online", zh: "从未联网查验过" };
const forged = given.address.replace(/.(?=.{20}$)/, (letter) => (letter === "A" ? "B" : "A"));

for (const language of ["en", "zh"])
  await scenario(
    `without a network, ${language}`,
    async (reader) => {
      const relay = new Relay();
      const base = await relay.open();
      const titles = TITLES[language];
      const shown = (title) => reader.page.locator("h1:visible", { hasText: title }).waitFor();
      const page = async () => reader.page.locator("main").innerText();

      await reader.page.goto(base + given.address);
      await shown(titles.genuine);
      const becomes = (what, question) => until(what, () => reader.page.evaluate(question));
      await becomes("the page's worker is active", async () => {
        const registered = await navigator.serviceWorker.getRegistration("/V/");
        return registered?.active?.state === "activated";
      });
      await reader.page.reload();
      await becomes("the code is noted as seen", async () => {
        const kept = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
        return kept.flat().some((one) => one.url.includes("/V/seen?"));
      });
      await relay.cut();

      await reader.page.goto(base + given.address);
      await shown(titles.signed);
      const told = await page();
      assert.match(told, new RegExp(SINCE[language]));
      assert.match(told, /20\d\d/);
      assert.match(told, new RegExp(given.serialEnds));
      assert.doesNotMatch(told, /\b(genuine|valid|current and)\b|真实|有效的/i);
      await reader.accessible("signed, without a network");

      await reader.page.goto(base + given.unseen);
      await shown(titles.signed);
      assert.match(await page(), new RegExp(NEVER[language]));

      await reader.page.goto(base + forged);
      await shown(titles.unsigned);
      await reader.accessible("forged, without a network");
      await reader.page.goto(`${base}/V/${"A".repeat(32)}`);
      await shown(titles.waiting);

      await relay.open(relay.port);
      await reader.page.goto(base + given.address);
      await shown(titles.genuine);
      await relay.cut();
    },
    { language },
  );
