// A dispatcher finds a unit, makes a job on it, gives it to a partner's technician, and cancels it.
import assert from "node:assert/strict";
import { Office } from "../../../phone/tests/browser/office.mjs";
import { scenario } from "./desk.mjs";

const office = new Office();
const [known] = (await office.ask("dora", "/jobs?limit=1")).items;

await scenario("a job from the first click to its end", async (desk) => {
  const { page } = desk;
  await desk.signIn("dora");
  await desk.show("#/new-job");
  const form = page.locator("main form");
  await form.locator("input[name=subject]").fill("Hums and does not start");
  await form.locator("button[type=submit]").click();
  await page.locator("main form [role=alert]").waitFor(); // no unit is chosen yet
  await page.locator("input[type=search]").fill(known.serial);
  await page.keyboard.press("Enter");
  await page.locator(".found button").first().click();
  await form.locator("button[type=submit]").click();
  const dialog = page.locator("dialog");
  await dialog.locator("select").first().selectOption({ label: "Nordwerk Service GmbH" });
  await dialog.locator("select[name=technician]").selectOption({ label: "Ann Berg" });
  // Three weeks from now nobody of the demo has anything planned, whatever day this runs on.
  const day = new Date(Date.now() + 21 * 86_400_000).toISOString().slice(0, 10);
  await dialog.locator("input[name=from]").fill(`${day}T09:00`);
  await dialog.locator("input[name=to]").fill(`${day}T10:30`);
  await dialog.locator("button[type=submit]").click();
  await page.locator("p.notice").waitFor();
  const number = /\d+/.exec(await page.locator("p.notice").innerText())[0];
  const made = async () =>
    (await office.ask("dora", "/jobs?limit=100")).items.find((job) => String(job.number) === number);
  const job = await made();
  assert.deepEqual([job.subject, job.serial, job.technician], ["Hums and does not start", known.serial, "Ann Berg"]);
  await desk.settled();
  const row = page.locator("tbody tr", { has: page.getByRole("rowheader", { name: number }) });
  while ((await row.count()) === 0) await page.locator("button.more").click();
  await row.getByRole("button", { name: "Cancel job" }).click();
  await dialog.locator("input[name=reason]").fill("written twice");
  await dialog.locator("button[type=submit]").click();
  await dialog.waitFor({ state: "detached" });
  assert.equal((await made()).state, "cancelled");
});
