// The app can be installed, and starts without a network from its second start on.
import assert from "node:assert/strict";
import { scenario } from "./phone.mjs";

await scenario(async (phone, step) => {
  await step("the first start installs it", async () => {
    await phone.open();
    await phone.installed();
  });
  await step("Chromium finds nothing that stands against installing it", async () => {
    const session = await phone.context.newCDPSession(phone.page);
    const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
    assert.deepEqual(
      installabilityErrors.map((error) => error.errorId).filter((id) => id !== "in-incognito"),
      [],
    );
    const { manifest } = await session.send("Page.getAppManifest");
    assert.equal(manifest?.startUrl ?? `${phone.way.base}/app/`, `${phone.way.base}/app/`);
  });
  await step("every file of the build is kept", async () => {
    const kept = await phone.page.evaluate(async () => {
      const names = await caches.keys();
      return (await (await caches.open(names[0])).keys()).map((request) => new URL(request.url).pathname);
    });
    assert.ok(kept.includes("/app/"));
    assert.ok(kept.some((path) => /^\/app\/index-.{8}\.js$/.test(path)));
  });
  await step("the second start needs no network", async () => {
    await phone.context.close();
    await phone.start();
    await phone.offline();
    await phone.open();
    assert.ok((await phone.page.locator("#app > *").count()) > 0);
  });
  await step("the API's addresses are never answered from what is kept", async () => {
    const answered = await phone.page.evaluate(() =>
      fetch("/my/jobs").then(
        () => true,
        () => false,
      ),
    );
    assert.equal(answered, false);
  });
});
