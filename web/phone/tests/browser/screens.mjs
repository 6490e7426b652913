// Every screen of the app, reached by its address, on a phone whose technician is in the middle of a visit.
import { Office } from "./office.mjs";
import { PASSWORD } from "./phone.mjs";

const FORMS = ["scan", "time", "part", "fault", "reading", "expense", "photo", "complete"];

/** Signs in on the screen, by its fields and its button. */
export async function signIn(page, login) {
  await page.locator("input:not([type=password])").first().fill(login);
  await page.locator("input[type=password]").fill(PASSWORD);
  await page.locator("button[type=submit]").click();
  await page.locator("input[type=password]").waitFor({ state: "detached" });
}

/** Lets a technician begin today's first visit and fill its sheet, and returns its job and visit. */
export async function begun(login, office = new Office()) {
  const found = await office.jobs(login);
  const card = found.find((one) => one.visit_state === "planned") ?? found[0];
  const visit_id = card.visit_id;
  const at = () => new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const write = (path, body) => office.ask(login, path, { visit_id, ...body });
  await write("/visits/travel", { at: at() });
  await write("/visits/arrive", { at: at() });
  await write("/scans", { source: "camera", scanned_text: card.serial, scanned_at: at() });
  await write("/visits/start", { at: at() });
  await write("/times", { kind: "travel", minutes: 25 });
  const { items: faults } = await office.ask(login, "/fault-codes?search=L04");
  const { job } = await office.ask(login, `/jobs/${card.job_id}`);
  const { components } = await office.ask(login, `/models/${job.model_id}`);
  await write("/faults", {
    fault_code_id: faults[0].id,
    symptom: card.subject,
    cause: "Wear",
    action: "Exchanged",
    model_component_id: components[0].id,
    designator: components[0].designator === "required" ? "Q7" : "",
  });
  const { items: parts } = await office.ask(login, "/parts?limit=3");
  await write("/parts-used", {
    kind: "used",
    part_id: parts[0].id,
    quantity: 1,
    unit_of_measure: parts[0].unit_of_measure,
  });
  await write("/expenses", { direction: "spent", kind: "parking", amount_minor: 450, currency: "EUR" });
  await write("/readings", { name: "Supply voltage", value: "229.4", unit_of_measure: "V" });
  return { job: card.job_id, visit: visit_id, serial: card.serial };
}

/** Walks over all screens that need a session, calling `look` with the name of each. */
export async function walk(page, { job, visit }, look) {
  const show = async (name, address) => {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, address);
    await page.locator("h1, h2").first().waitFor();
    await page.waitForTimeout(250); // what slides or fades in has arrived
    // The camera has seen something by then, if it sees anything.
    if (name === "scan")
      await page
        .locator(".serial.read")
        .waitFor({ timeout: 8_000 })
        .catch(() => {});
    await look(name);
  };
  await page.locator('main a[href^="#/job/"]').first().waitFor();
  await show("jobs", "#/");
  await show("job", `#/job/${job}`);
  await show("visit", `#/visit/${visit}`);
  for (const form of FORMS) await show(form, `#/visit/${visit}/${form}`);
  await show("outbox", "#/outbox");
  await show("settings", "#/settings");
}

/** Completes the visit as a customer who signs, and looks at the sheet to sign and at the code. */
export async function completed(page, { visit }, look) {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/visit/${visit}/complete`);
  await page.locator("fieldset input[type=radio]").first().check();
  await page.locator("footer button").click();
  const canvas = page.locator("canvas");
  await canvas.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await canvas.boundingBox();
  await page.mouse.move(x + 30, y + height / 2);
  await page.mouse.down();
  for (let n = 1; n <= 40; n += 1)
    await page.mouse.move(x + 30 + (n * (width - 60)) / 40, y + height / 2 + 24 * Math.sin(n / 2));
  await page.mouse.up();
  await look("sign");
  await page.locator("footer button").click();
  await page.locator(".pin").waitFor();
  await look("code");
}
