// A reviewer lays a claim's photos beside those of another machine, by buttons or keys: comparing.mjs LANGUAGE SIZE
import assert from "node:assert/strict";
import { Office } from "../../../phone/tests/browser/office.mjs";
import { until } from "../../../scripts/until.mjs";
import { scenario } from "./desk.mjs";

const [language = "en-GB", size = "wide"] = process.argv.slice(2);
const words = {
  "en-GB": { compare: "Compare photos", next: "Right photo: the next one", before: "Left photo: the one before" },
  "zh-CN": { compare: "对比照片", next: "右侧照片: 下一张", before: "左侧照片: 上一张" },
}[language];
const office = new Office();

/** A claim with a photo that looks like one of another machine. */
async function suspicious() {
  for (let cursor = ""; cursor !== null; ) {
    const page = await office.ask("rex", `/claims?limit=100&cursor=${cursor}`);
    for (const { id } of page.items) {
      const photos = await office.ask("rex", `/claims/${id}/photos`);
      if (photos.some((one) => one.picture && one.alike.length)) return { id, photos };
    }
    cursor = page.next ?? null;
  }
  throw new Error("no claim's photo looks like another");
}

const { id, photos } = await suspicious();
const [copy] = photos.filter((one) => one.alike.length);

await scenario(
  `photos are compared, ${language}, ${size}`,
  async (desk) => {
    const { page } = desk;
    const dialog = page.locator("dialog[open]");
    const beside = () => dialog.locator("figure").evaluateAll((all) => all.map((one) => one.dataset.photo));
    const shown = (pair) => until("both photos are shown", async () => String(await beside()) === String(pair));
    const changed = (pair) => until("another photo is shown", async () => String(await beside()) !== String(pair));
    const widths = () => dialog.locator("img").evaluateAll((all) => all.map((one) => Math.round(one.width)));
    await desk.signIn("rex");
    await desk.show(`#/claim/${id}`);

    // A card names each other job once, and a line of the time line its kind once.
    const cards = page.locator("ul.photos figcaption");
    for (const text of await cards.allInnerTexts()) {
      const jobs = text.match(/\b\d{6,}\b/g) ?? [];
      assert.equal(new Set(jobs).size, jobs.length, text);
    }
    for (const text of await page.locator('.timeline [data-kind="photo"] div').allInnerTexts())
      assert.doesNotMatch(text, /^(\S+) \1\b/i);
    await page.locator("#photos").scrollIntoViewIfNeeded();
    await desk.look();
    await page.locator("#timeline").scrollIntoViewIfNeeded();
    await desk.look();

    await desk.press(words.compare);
    await dialog.locator("img").nth(1).waitFor();
    const [own, other] = await beside();
    assert.equal(own, copy.id);
    assert.ok(copy.alike.some((one) => one.id === other));
    assert.deepEqual(await desk.faults("comparison"), []);
    await desk.look();

    await desk.press(words.next);
    await changed([own, other]);
    assert.equal((await beside())[0], own);
    await page.keyboard.press("ArrowLeft");
    await shown([own, other]);
    await desk.press(words.before);
    await changed([own, other]);
    assert.notEqual((await beside())[0], own);
    await page.keyboard.press("ArrowDown");
    await shown([own, other]);

    // Both are enlarged, and what one shows the other shows too.
    const small = await widths();
    await dialog.getByRole("button", { name: "+" }).click();
    await dialog.getByRole("button", { name: "+" }).click();
    await until("both are enlarged", async () => (await widths()).every((width, side) => width > small[side] * 2));
    const panes = dialog.locator(".pane");
    await panes.first().evaluate((pane) => pane.scrollTo(40, 0));
    await page.waitForFunction(() => document.querySelectorAll("dialog[open] .pane")[1].scrollLeft === 40);
    assert.deepEqual(await desk.faults("comparison, enlarged"), []);
    await desk.look();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  },
  { language, size },
);
