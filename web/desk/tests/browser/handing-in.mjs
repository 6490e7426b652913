// A partner's office at work: a claim by the form, claims as a file, leave asked for, a key and a webhook: handing-in.mjs LANGUAGE SIZE
import assert from "node:assert/strict";
import { Office } from "../../../phone/tests/browser/office.mjs";
import { until } from "../../../scripts/until.mjs";
import { openJobs } from "./claims.mjs";
import { scenario } from "./desk.mjs";

const [language = "en-GB", size = "wide"] = process.argv.slice(2);
const words = {
  "en-GB": {
    code: "Fault code: ",
    part: "Add a part",
    expense: "Add an expense",
    claim: "Claim",
    refused: "refused",
    ask: "Ask for a pre-authorisation",
    decide: "Decide",
    granted: "granted",
    key: "Make an API key",
    revoke: "Revoke",
    revoked: "revoked",
    webhook: "Make a webhook",
    secret: "New secret",
    close: "Close",
    approve: "Approve the host",
    replay: "Send again",
    replayed: "The message is sent again.",
  },
  "zh-CN": {
    code: "故障代码: ",
    part: "添加备件",
    expense: "添加费用",
    claim: "索赔",
    refused: "拒绝",
    ask: "申请授权",
    decide: "审核",
    granted: "已授权",
    key: "创建 API 密钥",
    revoke: "吊销",
    revoked: "已吊销",
    webhook: "创建回调通知",
    secret: "更换密钥",
    close: "关闭",
    approve: "批准主机",
    replay: "重新发送",
    replayed: "消息已重新发送。",
  },
}[language];
const office = new Office();
const jobs = openJobs(office);
const next = async () => (await jobs.next()).value;
const options = { language, size };

await scenario(
  `a claim by the form, ${language}, ${size}`,
  async (desk) => {
    const { page } = desk;
    await desk.signIn("pam");
    const { job, fault, component, designator, part } = await next();
    await desk.show(`#/submit/${job.id}`);
    await desk.press(words.part);
    await desk.press(words.expense);
    await desk.fill({
      scan: job.serial,
      summary: "Exchanged and tested",
      "fault.0.fault_code": "NONE",
      "fault.0.component_code": component,
      "fault.0.designator": designator,
      "fault.0.symptom": "Stops after a minute",
      "time.0.minutes": "45",
      "part.0.part_number": part,
      "part.0.quantity": "1",
      "expense.0.amount": "4,50",
    });
    await desk.look();
    // What is refused is named as its field is, and is in sight above a form that is longer than the window.
    await page.locator("main form button[type=submit]").click();
    const refusal = page.locator("main form [role=alert]", { hasText: words.code });
    await refusal.waitFor();
    const { y } = await refusal.boundingBox();
    assert.ok(y >= (await page.locator("header").boundingBox()).y && y < page.viewportSize().height, `at ${y}`);
    await desk.fill({ "fault.0.fault_code": fault });
    await page.locator("main form button[type=submit]").click();
    const link = page.locator(".card[role=status] a");
    await link.waitFor();
    await desk.look();
    const number = /\d+/.exec(await link.innerText())[0];
    const { items } = await office.ask("pam", `/claims?number=${number}`);
    const { lines } = await office.ask("pam", `/claims/${items[0].id}`);
    assert.deepEqual(lines.map((line) => line.kind).sort(), ["expense", "fault", "labour", "part"]);

    const crew = (await office.ask("pam", "/people?role=technician")).items;
    const loginOf = (job) => crew.find((one) => one.id === job.technician_id).login;
    const rowOf = ({ job, fault, component, designator }) =>
      [job.number, loginOf(job), hoursAgo(2), hoursAgo(1), job.serial, "repaired", "Tested", "remote"]
        .concat([fault, "Hums", component, designator, 30])
        .join(",");
    const head =
      "job_number,technician,arrived_at,completed_at,scanned_text,result,summary,no_signature_reason,fault_code,symptom," +
      "component_code,designator,labour_minutes";
    const good = await next();
    const fileName = `march-${good.job.number}.csv`;
    const csv = [head, rowOf(good), rowOf({ ...good, job: { ...good.job, number: 1 } })].join("\n");
    await desk.show("#/files");
    await page
      .locator("input[type=file]")
      .setInputFiles({ name: fileName, mimeType: "text/csv", buffer: Buffer.from(csv) });
    await page.locator("main form button[type=submit]").click();
    await page.getByRole("link", { name: fileName }).click();
    await until("both rows are worked off", async () => {
      await page.reload();
      await desk.settled();
      return (await page.locator("tbody tr").count()) === 2;
    });
    await desk.look();
    const rows = await page.locator("tbody tr").allInnerTexts();
    assert.match(rows[0], /50\d{4}/);
    assert.match(rows[1], new RegExp(words.refused));
    const result = await page.request.get(await page.locator("a[download='result.csv']").getAttribute("href"));
    assert.equal((await result.text()).trim().split("\n").length, 3);
  },
  options,
);

await scenario(
  `leave to claim more, ${language}, ${size}`,
  async (desk) => {
    const { job } = await next();
    await desk.signIn("pam");
    await desk.show("#/preauthorisations");
    await desk.press(words.ask);
    await desk.fill({ job: String(job.number), minutes: "240", amount: "80", parts: "", note: "The coil is stuck" });
    await desk.send();
    await desk.look();
    await desk.leave();
    await desk.signIn("rex");
    await desk.show("#/preauthorisations?state=requested");
    await desk.press(words.decide);
    await desk.fill({ minutes: "180", note: "Three hours will do" });
    await desk.send();
    await desk.show("#/preauthorisations?state=granted");
    await desk.look();
    await desk.page.locator("tbody .state", { hasText: words.granted }).first().waitFor();
    const { items } = await office.ask("pam", "/preauthorisations?limit=1");
    assert.deepEqual([items[0].job_number, items[0].granted.labour_minutes], [job.number, 180]);
  },
  options,
);

await scenario(
  `keys and webhooks, ${language}, ${size}`,
  async (desk) => {
    const { page } = desk;
    const secret = async () => {
      const shown = await page.locator("dialog[open] .secret").innerText();
      await desk.look();
      await desk.press(words.close);
      await page.locator("dialog[open]").waitFor({ state: "detached" });
      return shown;
    };
    await desk.signIn("pam");
    await desk.show("#/systems");
    await desk.press(words.key);
    await desk.fill({ name: "dispatch", per_minute: "60" });
    await desk.send();
    assert.match(await secret(), /^fsk_/);
    await desk.press(words.revoke);
    await desk.send();
    await page.locator("tbody .state", { hasText: words.revoked }).first().waitFor();
    await desk.press(words.webhook);
    const url = `https://hooks.nordwerk.example/${crypto.randomUUID()}`;
    await desk.fill({ url });
    await desk.send();
    const first = await secret();
    await page.locator("tr", { hasText: url }).getByRole("button", { name: words.secret }).click();
    await desk.send();
    assert.notEqual(await secret(), first);
    await desk.look();
    await desk.leave();
    await desk.signIn("admin");
    await desk.show("#/systems");
    await page.locator("tr", { hasText: url }).getByRole("button", { name: words.approve }).click();
    await desk.send();
    const { job } = await next();
    const asked = { labour_minutes: 200, parts: [], goodwill: false, repeat_trip: false };
    const request = await office.ask("pam", "/preauthorisations", { job_id: job.id, asked, note: "A long way" });
    await office.ask("rex", "/preauthorisations/decide", {
      preauthorisation_id: request.id,
      decision: "refuse",
      reason: "not-authorised",
    });
    await until("a message is made", async () => (await office.ask("pam", "/webhooks/messages")).items.length > 0);
    await desk.show("#/jobs");
    await desk.show("#/systems");
    await desk.press(words.replay);
    await page.locator("p.notice", { hasText: words.replayed }).waitFor();
    await desk.look();
  },
  options,
);

function hoursAgo(hours) {
  return new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 16).replace("T", " ");
}
