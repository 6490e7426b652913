// Somebody scans the label on a machine and asks for service, in both languages, with and without scripts; a technician
// who is signed in on that phone is led into the app.
import assert from "node:assert/strict";
import { given, scenario } from "./reader.mjs";

const TITLES = { en: "Request service for this machine", zh: "为此设备报修" };
const RECEIVED = { en: "Your request was received", zh: "已收到您的报修" };

const shot = (reader, name) =>
  given.pictures ? reader.page.screenshot({ path: `${given.pictures}/${name}.png`, fullPage: true }) : undefined;

for (const [language, scripts] of [
  ["en", true],
  ["zh", false],
])
  await scenario(
    `a request, ${language}, ${scripts ? "with" : "without"} scripts`,
    async (reader) => {
      const { page } = reader;
      await page.goto(given.label);
      assert.equal(await reader.title(), TITLES[language]);
      if (scripts) await reader.accessible("the form");
      await shot(reader, `request-${language}`);
      await page.locator("#name").fill("Li Wei");
      await page.locator("#phone").fill("+86 21 5555 0199");
      await page.locator("#wish").fill("It leaks.\nWater on the floor.");
      await page.setInputFiles("#photo", given.broken);
      await page.locator("main button").click();
      assert.equal(await page.locator("#wrong").count(), 1);
      assert.equal(await page.locator("#name").inputValue(), "Li Wei");
      if (scripts) await reader.accessible("the form with what is wrong");
      await shot(reader, `request-${language}-wrong`);
      await page.setInputFiles("#photo", given.photo);
      await page.locator("main button").click();
      assert.equal(await reader.title(), RECEIVED[language]);
      assert.match(await page.locator(".verdict .number").innerText(), /^3\d{5}$/);
      if (scripts) await reader.accessible("the number");
      await shot(reader, `requested-${language}`);
    },
    { language, scripts },
  );

await scenario("the other language keeps the label's code", async (reader) => {
  await reader.page.goto(given.label);
  await reader.page.locator("header a").click();
  assert.equal(await reader.title(), TITLES.zh);
  assert.equal(
    await reader.page.locator("[name=tag]").inputValue(),
    new URL(reader.page.url()).searchParams.get("tag"),
  );
  await reader.accessible("the form in the other language");
});

await scenario("a technician is led to the machine in the app", async (reader) => {
  const { page } = reader;
  await page.goto(given.label);
  await page.evaluate(() => localStorage.setItem("fieldstone", JSON.stringify({ account: "a", born: "b" })));
  await page.route("**/app/**", (route) => route.fulfill({ contentType: "text/html", body: "<h1>The app</h1>" }));
  await page.goto(given.label);
  await page.waitForURL(/\/app\/#\/unit\//);
  const [, , gtin, , serial] = given.label.split("?")[0].split("/");
  assert.equal(new URL(page.url()).hash, `#/unit/${gtin}/${serial}`);
  await page.goto(`${given.label}#request`);
  assert.equal(await reader.title(), TITLES.en);
});
