// A whole visit without a network, on the screen: scanned by live camera, recorded, signed, completed, code shown.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { until } from "../../../scripts/until.mjs";
import { Office } from "./office.mjs";
import { scenario } from "./phone.mjs";
import { signIn } from "./screens.mjs";

const LOGIN = "ann";
const PHOTO = new URL("../../public/icon-512.png", import.meta.url).pathname;
const office = new Office();

/** The first job whose machine's label was filmed. */
async function filmed() {
  for (const job of await office.jobs(LOGIN)) {
    const film = `${process.env.LABELS}/${job.serial}.y4m`;
    if (existsSync(film)) return { card: job, film };
  }
  throw new Error("no machine of today was filmed");
}
const { card, film } = await filmed();

await scenario(
  async (phone, step) => {
    const button = (name) => phone.page.getByRole("button", { name, exact: true });
    const link = (name) => phone.page.getByRole("link", { name, exact: true });
    const field = (name) => phone.page.getByLabel(name).and(phone.page.locator("input, select, textarea")).first();
    const choice = (name) => phone.page.getByRole("radio", { name, exact: true });
    const heading = (name) => phone.page.getByRole("heading", { name, exact: true });
    const shows = (text) => phone.page.getByText(text).first().waitFor();
    const saved = () => heading(/^Visit 1 · Job/).waitFor();
    const restarted = async () => {
      await phone.context.close();
      await phone.start();
      await phone.offline();
      await phone.open();
    };

    await step("she signs in and has her jobs, the catalogue and the app on the phone", async () => {
      await phone.open();
      await signIn(phone.page, LOGIN);
      await phone.installed();
      await phone.page.locator(`main a[href="#/job/${card.job_id}"]`).waitFor();
      await shows(/^Synced/);
    });
    await step("the network goes; she travels and arrives", async () => {
      await phone.offline();
      await shows("No network"); // before anything is recorded
      await phone.page.locator(`main a[href="#/job/${card.job_id}"]`).click();
      await link("Open job sheet").click();
      await button("Set out").click();
      await button("I am there").click();
      await button("Start work").waitFor();
      await shows("No network");
    });
    await step("the camera reads the type plate, and the phone knows the machine at once", async () => {
      await link("Scan").click();
      await shows("The machine of this job");
      await shows("Provisional: the server has not confirmed it yet");
      await button("Keep this scan").click();
      await saved();
    });
    await step("what is missing before she could complete is named, and leads to where it is entered", async () => {
      await button("Start work").click();
      await button("Complete").click();
      await choice("Repaired").check();
      await heading("Still missing").waitFor();
      await link("Record the fault with its fault code.").click();
      await field("Find the fault code").fill("L04");
      await phone.page.getByRole("button", { name: /L04/ }).first().click();
      await field("Failed component").selectOption({ index: 1 });
      const place = phone.page.getByRole("textbox", { name: /^Reference designator/ });
      if (await place.count()) await place.fill("Q7");
      await field("Cause").fill("Worn");
      await button("Save").click();
      await saved();
    });
    await step("she records part, time, expense, reading and photo", async () => {
      await link("Part").click();
      await field("Find the part").fill("board");
      await phone.page.locator("ul.found button").first().click();
      await button("Save").click();
      await saved();
      await button("More").click();
      await link("Travel and labour").click();
      await choice("Travel").check();
      await field("Minutes").fill("25");
      await button("Save").click();
      await saved();
      await button("More").click();
      await link("Expenses").click();
      await field("Amount").fill("4.50");
      await button("Save").click();
      await saved();
      await button("More").click();
      await link("Readings").click();
      await field("What was measured").fill("Supply voltage");
      await field("Value").fill("229.4");
      await button("Save").click();
      await saved();
      await link("Photo").click();
      await phone.page.locator("input[type=file]").first().setInputFiles(PHOTO);
      await button("Save").click();
      await saved();
    });
    await step("the app is closed and opened again, still without a network: all of it is there", async () => {
      await restarted();
      await phone.page.locator(`main a[href="#/job/${card.job_id}"]`).click();
      await link("Open job sheet").click();
      for (const line of ["The machine of this job", /^L04/, /Supply voltage/, "Only on this phone so far"])
        await shows(line);
    });
    await step("the customer reads the sheet, signs, and gets the code", async () => {
      await button("Complete").click();
      await choice("Repaired").check();
      await heading("Nothing is missing").waitFor();
      await field("Summary").fill("Tested for half an hour, in order.");
      await button("Hand to the customer").click();
      const canvas = phone.page.getByRole("img", { name: "Sign here with a finger" });
      await canvas.scrollIntoViewIfNeeded();
      const { x, y, width, height } = await canvas.boundingBox();
      await phone.page.mouse.move(x + 30, y + height / 2);
      await phone.page.mouse.down();
      for (let n = 1; n <= 20; n += 1)
        await phone.page.mouse.move(x + 30 + (n * (width - 60)) / 20, y + height / 2 + 20 * Math.sin(n));
      await phone.page.mouse.up();
      await button("Complete visit").click();
      await heading("The customer's report").waitFor();
      await phone.page.getByRole("img", { name: /QR code/ }).waitFor();
      await shows("The report is ready once this phone has been back on a network.");
    });
    const pin = (await phone.page.locator(".pin strong").innerText()).replace(/\s/g, "");
    await step("after another restart the code can still be shown", async () => {
      await restarted();
      await phone.open(`/app/#/visit/${card.visit_id}/code`);
      await shows(`${pin.slice(0, 3)} ${pin.slice(3)}`);
    });
    await step("back on a network everything is sent, and the server has each line exactly once", async () => {
      await phone.offline(false);
      await phone.open("/app/#/outbox");
      await shows("Everything has reached the office.");
      const sheet = await office.visit(LOGIN, card.visit_id);
      assert.equal(sheet.visit.state, "completed");
      assert.ok(sheet.visit.signature);
      const live = (lines) => lines.filter((line) => !line.voided_at && !line.void_reason);
      assert.deepEqual(
        [sheet.times, sheet.parts, sheet.expenses, sheet.readings, sheet.photos].map((lines) => live(lines).length),
        [1, 1, 1, 1, 1],
      );
      assert.equal(live(sheet.faults).length, 1);
      const scans = await office.ask(LOGIN, `/scans?visit_id=${card.visit_id}`);
      assert.equal((scans.items ?? scans).length, 1);
    });
    await step("the code and the PIN that the phone made open the customer's report", async () => {
      const code = await phone.page.evaluate(async () => {
        const { name } = (await indexedDB.databases()).find((one) => /^fieldstone-[0-9a-f-]{36}$/.test(one.name));
        const db = await new Promise((resolve) => {
          const opening = indexedDB.open(name);
          opening.onsuccess = () => resolve(opening.result);
        });
        const entries = await new Promise((resolve) => {
          const reading = db.transaction("outbox").objectStore("outbox").getAll();
          reading.onsuccess = () => resolve(reading.result);
        });
        db.close();
        return entries.find((one) => one.secret).secret.code;
      });
      await until("the report is printed and shown", async () => {
        const form = new URLSearchParams({ pin });
        const page = await fetch(`${office.base}/c/${code}`, {
          method: "POST",
          body: form,
          headers: { accept: "text/html" },
        });
        return (await page.text()).includes("Tested for half an hour");
      });
    });
  },
  { film },
);
