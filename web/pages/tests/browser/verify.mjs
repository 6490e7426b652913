// What anybody sees who scans a report's code, in both languages and sizes, and the check of a PDF that stays in the
// browser.
import assert from "node:assert/strict";
import { appendFileSync, copyFileSync } from "node:fs";
import { given, LANGUAGES, SIZES, scenario } from "./reader.mjs";

const TITLES = { en: "Genuine", zh: "真实有效" };
const changed = `${given.pdf}.changed.pdf`;
copyFileSync(given.pdf, changed);
appendFileSync(changed, "\n");

for (const language of Object.keys(LANGUAGES))
  for (const size of Object.keys(SIZES))
    await scenario(
      `a genuine report, ${language}, ${size}`,
      async (reader) => {
        await reader.page.goto(given.address);
        assert.equal(await reader.title(), TITLES[language]);
        await reader.accessible("a genuine report");
        await reader.page.locator("header a").click();
        assert.equal(await reader.title(), TITLES[language === "en" ? "zh" : "en"]);
        await reader.page.goto("/V/NOTHING");
        await reader.accessible("not ours");
        await reader.page.goto("/V");
        await reader.accessible("the form");
        await reader.page.locator("#code").fill(given.shortCode);
        await reader.page.locator("main button").click();
        assert.equal(await reader.title(), TITLES[language]);
      },
      { language, size },
    );

await scenario("the PDF is compared in the browser, and nothing of it is sent", async (reader) => {
  await reader.page.goto(given.address);
  await reader.settled();
  const before = reader.requests.length;
  const shown = reader.page.locator("[data-outcome]:visible");
  await reader.page.setInputFiles("#pdf", given.pdf);
  await reader.page.getByText("This is the document as we issued it: revision 1.").waitFor();
  assert.equal(await shown.count(), 1);
  await reader.accessible("an unchanged PDF");
  await reader.page.setInputFiles("#pdf", changed);
  await reader.page.getByText("This PDF is not as we issued it.").waitFor();
  assert.equal(await shown.count(), 1);
  await reader.accessible("a changed PDF");
  await drop(reader.page, "%PDF-1.7 something else");
  await reader.page.getByText("This PDF is not as we issued it.").waitFor();
  assert.equal(reader.page.url(), new URL(given.address, process.env.BASE).href);
  assert.deepEqual(
    reader.requests.slice(before).map((request) => request.url()),
    [],
  );
});

await scenario("the PDF of an older revision is known, and said to be replaced", async (reader) => {
  if (!given.replaced) return;
  await reader.page.goto(given.replaced.address);
  assert.equal(await reader.title(), "Genuine, but replaced");
  await reader.accessible("a replaced report");
  await reader.page.setInputFiles("#pdf", given.replaced.pdf);
  await reader.page.getByText("Revision 2 has replaced it.").last().waitFor();
});

await scenario(
  "without scripts the page tells the same, and the digests to compare by other means",
  async (reader) => {
    await reader.page.goto(given.address);
    assert.equal(await reader.title(), "Genuine");
    assert.equal(await reader.page.locator("#pdf").isVisible(), false);
    await reader.page.locator("summary").click();
    assert.match(await reader.page.locator("code").innerText(), /^[0-9a-f]{64}$/);
    const asked = reader.requests.map((request) => request.resourceType());
    assert.deepEqual([...new Set(asked)], ["document"]);
  },
  { scripts: false },
);

await scenario("who cannot fetch the list of keys is told that the signature was not checked", async (reader) => {
  await reader.page.route("**/.well-known/report-keys.json", (asked) => asked.abort());
  await reader.page.goto(given.address);
  await reader.page.getByText("could not fetch our list of keys").waitFor();
  assert.equal(await reader.title(), TITLES.en);
  await reader.accessible("the signature was not checked");
});

await scenario("everything on the page comes from the one server", async (reader) => {
  await reader.page.goto(given.address);
  await reader.settled();
  const hosts = new Set(reader.requests.map((request) => new URL(request.url()).host).filter(Boolean));
  assert.deepEqual([...hosts], [new URL(process.env.BASE).host]);
  assert.ok(reader.requests.every((request) => request.method() === "GET"));
  assert.ok(reader.requests.every((request) => !request.headers().referer));
});

async function drop(page, content) {
  await page.evaluate((text) => {
    const moved = new DataTransfer();
    moved.items.add(new File([text], "report.pdf", { type: "application/pdf" }));
    for (const event of ["dragover", "drop"])
      document.body.dispatchEvent(new DragEvent(event, { dataTransfer: moved, bubbles: true, cancelable: true }));
  }, content);
}
