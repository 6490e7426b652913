// A new version is offered on the screen, does not interrupt, and takes over when it is asked to.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../scripts/until.mjs";
import { scenario } from "./phone.mjs";
import { signIn } from "./screens.mjs";

const { DIST } = process.env;
const kept = mkdtempSync(join(tmpdir(), "builds-"));
const built = (name) => join(kept, name);
cpSync(DIST, built("old"), { recursive: true });
execFileSync("node", ["phone/scripts/build.mjs", built("new"), "new"], { stdio: "ignore" });
const deploy = (name) => {
  rmSync(DIST, { recursive: true });
  cpSync(built(name), DIST, { recursive: true });
};

try {
  await scenario(async (phone, step) => {
    const { page } = phone;
    const mark = () => page.locator("meta[name=build]").count();
    const open = async (name) => page.getByRole("link", { name, exact: true }).click();
    await step("he has work in the outbox when a new version comes", async () => {
      await phone.open();
      await signIn(page, "karl");
      await phone.installed();
      await page.locator('main a[href^="#/job/"]').first().click();
      phone.way.set("app-only");
      await open("Open job sheet");
      await page.getByRole("button", { name: "Set out", exact: true }).click();
      await page.getByText("Unsent: 1").waitFor();
      deploy("new");
      await open("Back");
      await open("Back");
      await open("Settings");
      await page.getByRole("button", { name: "Look for a new version" }).click();
      await page.getByRole("button", { name: "New version ready: restart" }).waitFor();
      assert.equal(await mark(), 0);
    });
    await step("the new version runs after a yes, with the outbox as it was", async () => {
      await page.getByRole("button", { name: "New version ready: restart" }).click();
      await until("the new version runs", async () => (await mark().catch(() => 0)) === 1);
      await page.getByText("Unsent: 1").waitFor();
    });
    await step("and sends it", async () => {
      phone.way.set("open");
      await open("Outbox");
      await page.getByRole("button", { name: "Send now" }).click();
      await page.getByText("Everything has reached the office.").waitFor();
    });
  });
} finally {
  deploy("old");
  rmSync(kept, { recursive: true });
}
