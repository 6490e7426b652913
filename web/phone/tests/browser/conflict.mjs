// A job goes to somebody else while its technician works on it without a network: nothing is lost, and it is told why.
import assert from "node:assert/strict";
import { Office } from "./office.mjs";
import { scenario } from "./phone.mjs";
import { signIn } from "./screens.mjs";

const office = new Office();
const [card] = (await office.jobs("lena")).filter((job) => job.visit_state === "planned");

await scenario(async (phone, step) => {
  const { page } = phone;
  const button = (name) => page.getByRole("button", { name, exact: true });
  const link = (name) => page.getByRole("link", { name, exact: true });
  await step("she works without a network; meanwhile the office gives the job to somebody else", async () => {
    await phone.open();
    await signIn(page, "lena");
    await phone.installed();
    await page.locator(`main a[href="#/job/${card.job_id}"]`).click();
    await phone.offline();
    await link("Open job sheet").click();
    await button("Set out").click();
    await button("I am there").click();
    await button("Start work").click();
    await button("More").click();
    await link("Readings").click();
    await page.getByRole("textbox", { name: /^What was measured/ }).fill("Supply voltage");
    await page.getByRole("textbox", { name: /^Value/ }).fill("231.0");
    await button("Save").click();
    await page.getByText("Supply voltage").first().waitFor();
    await office.reassign(card.job_id, "SOUTH", "emil");
  });
  await step("back on a network the job leaves the phone, and the outbox says what became of the work", async () => {
    await phone.offline(false);
    await page.goto("/app/#/outbox");
    await page.getByText("Everything has reached the office.").waitFor();
    await page.getByRole("heading", { name: "Please look" }).waitFor();
    await page.getByText("Kept: the office decides").first().waitFor();
    await page.goto("/app/#/");
    await page.locator(`main a[href="#/job/${card.job_id}"]`).waitFor({ state: "detached" });
  });
  await step("the office accepts the reading, and the phone tells", async () => {
    const { items } = await office.ask("dora", "/recorded-work");
    const work = items.filter((one) => JSON.stringify(one).includes(card.visit_id));
    assert.ok(work.length > 0, JSON.stringify(items).slice(0, 500));
    await office.ask("dora", "/recorded-work/decide", {
      op_ids: work.map((one) => one.op_id ?? one.id),
      decision: "accept",
      note: "Thank you",
    });
    await page.goto("/app/#/outbox");
    await button("Send now").click();
    await page.getByText("Accepted by the office").first().waitFor();
    await page.getByText("Thank you").first().waitFor();
  });
});
