// The office keys a job sheet in that came back on paper: keying.mjs LANGUAGE SIZE
import assert from "node:assert/strict";
import { Office } from "../../../phone/tests/browser/office.mjs";
import { openJobs } from "./claims.mjs";
import { scenario } from "./desk.mjs";

const [language = "en-GB", size = "wide"] = process.argv.slice(2);
const words = {
  "en-GB": {
    part: "Add a part",
    unknown: /Parts 1: No such code: NONE-1/,
    lacking: /Component: name the one/,
    again: "is there again",
  },
  "zh-CN": { part: "添加备件", unknown: /备件 1: 没有此代码： NONE-1/, lacking: /部件: 请从该型号/, again: "已恢复" },
}[language];
/** A picture of one grey dot. */
const LABEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);
const office = new Office();
const { value: known } = await openJobs(office).next();
const { job, fault, component, designator, part } = known;
const crew = (await office.ask("dora", "/people?role=technician&limit=200")).items;
const { login } = crew.find((one) => one.id === job.technician_id);
const began = Date.now();
const local = (minutesAgo) =>
  new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone: "Europe/Berlin" })
    .format(began - minutesAgo * 60_000)
    .replace(" ", "T");

await scenario(
  `a job sheet is keyed in, ${language}, ${size}`,
  async (desk) => {
    const { page } = desk;
    const again = async () => {
      await page.reload();
      await page.locator("p.notice", { hasText: words.again }).waitFor();
      await desk.settled();
    };
    const send = () => page.locator("main form button[type=submit]").click();
    const refused = page.locator("main form [role=alert]");
    await desk.signIn("dora");
    await desk.show("#/papers");
    await page.locator("section.card select").last().selectOption(job.technician_id);
    await page.locator(`a[href="#/key-in/${job.id}"]`).click();
    await desk.settled();
    await page.locator("[name=summary]").waitFor();
    await desk.press(words.part);
    await desk.fill({
      travelled: local(90),
      arrived: local(70),
      started: local(65),
      completed: local(5),
      scan: job.serial,
      typed_reason: "written on paper",
      labour: "45",
      travel: "20",
      signed_by: "Mia Okafor",
      summary: "Exchanged and tested",
      "fault.0.fault_code": fault,
      "fault.0.symptom": "Stops after a minute",
      "fault.0.cause": "Worn",
      "fault.0.action": "Exchanged",
      "part.0.part_number": "NONE-1",
      "part.0.quantity": "1",
    });
    await page.locator("input[type=file]").setInputFiles({ name: "label.png", mimeType: "image/png", buffer: LABEL });
    await page.locator("[name=asked]").check();
    assert.deepEqual(await desk.faults("key-in"), []);
    await desk.look();

    // What was typed outlives the page, but for the photo.
    const photo = page.locator("input[type=file]");
    await again();
    assert.equal(await page.locator("[name='part.0.part_number']").inputValue(), "NONE-1");
    assert.equal(await page.locator("[name=started]").inputValue(), local(65));
    assert.equal(await page.locator("[name=asked]").isChecked(), true);
    assert.equal(await photo.evaluate((field) => field.validity.valueMissing), true);
    await photo.setInputFiles({ name: "label.png", mimeType: "image/png", buffer: LABEL });
    assert.deepEqual(await desk.faults("key-in, read anew"), []);
    await desk.look();

    // An unknown code is found before anything is sent.
    await send();
    await refused.filter({ hasText: words.unknown }).waitFor();
    await desk.fill({ "part.0.part_number": part });
    // What the sheet lacks is told by the server, when the lines are there; nothing typed is lost, nothing sent twice.
    await send();
    await refused.filter({ hasText: words.lacking }).waitFor();
    assert.equal(await page.locator("[name=summary]").inputValue(), "Exchanged and tested");
    assert.deepEqual(await desk.faults("key-in, refused"), []);
    await desk.look();
    // So does what was sent: nothing of it is sent again, nor asked for.
    await again();
    assert.equal(await photo.evaluate((field) => field.validity.valueMissing), false);
    await desk.look();
    await desk.fill({ "fault.0.component_code": component, "fault.0.designator": designator });
    await send();
    await page.locator("[role=status] a[href^='#/job-reports/']").waitFor();
    assert.deepEqual(await desk.faults("keyed in"), []);
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    await desk.look();

    const { visits } = await office.ask("dora", `/jobs/${job.id}`);
    const { visit, ...sheet } = await office.ask("dora", `/visits/${visits.at(-1).id}`);
    const standing = (lines) => lines.filter((line) => !line.voided_at).length;
    assert.deepEqual(
      [visit.state, visit.keyed_in_by_office, visit.signed_by, visit.no_signature_reason, visit.result],
      ["completed", true, "Mia Okafor", null, "repaired"],
    );
    assert.deepEqual(
      [sheet.faults, sheet.parts, sheet.times, sheet.photos].map(standing),
      [1, 1, 2, 1],
      `the sheet of ${login}`,
    );
    assert.equal(
      visit.started_at,
      new Date(Math.floor((began - 65 * 60_000) / 60_000) * 60_000).toISOString().replace(".000", ""),
    );
    const [written] = sheet.faults.filter((line) => !line.voided_at);
    assert.deepEqual([written.cause, written.action], ["Worn", "Exchanged"]);
    assert.equal(sheet.faults.length, 2, "the fault without its component is struck out");
    assert.equal(sheet.parts.length, 1);
  },
  { language, size },
);
