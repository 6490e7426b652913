// What Lighthouse would look at, on a slow phone and a slow line: sizes, times, shifts, errors, installability.
import assert from "node:assert/strict";
import { scenario } from "./phone.mjs";
import { signIn } from "./screens.mjs";

/** A cheap phone: four times slower than this machine, on a line of 1.6 Mbit/s with 150 ms. */
const SLOWER = 4;
const LINE = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 94_000 };
/** Times are a third of these on a machine that does nothing else; the tests' machine has two cores for everything. */
const BOUNDS = { bytes: 300_000, firstPaintMs: 6_000, jobsMs: 15_000, offlineJobsMs: 9_000, shift: 0.1 };

await scenario(async (phone, step) => {
  const slow = async (page) => {
    const session = await phone.context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", LINE);
    await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    return session;
  };
  const jobs = (page) =>
    page.locator('main a[href^="#/job/"], main a[href^="#/visit/"]').first().waitFor({ timeout: 30_000 });
  const found = {};

  await step("the first load is small and soon there", async () => {
    const session = await slow(phone.page);
    let bytes = 0;
    session.on("Network.loadingFinished", (event) => {
      bytes += event.encodedDataLength;
    });
    await phone.open();
    await phone.page.locator("input[type=password]").waitFor();
    found.bytes = bytes;
    found.firstPaintMs = await phone.page.evaluate(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    );
    const about = await phone.page.evaluate(() => ({
      lang: document.documentElement.lang,
      title: document.title,
      described: document.querySelector("meta[name=description]")?.getAttribute("content"),
      viewport: document.querySelector("meta[name=viewport]")?.getAttribute("content"),
    }));
    assert.match(about.lang, /^(en|zh)/);
    assert.ok(about.title && about.described);
    assert.ok(!/user-scalable=no|maximum-scale/.test(about.viewport), "the page may be enlarged");
  });
  await step("the first jobs are soon there", async () => {
    await phone.page.evaluate(() => {
      globalThis.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    const begun = Date.now();
    await signIn(phone.page, "rosa");
    await jobs(phone.page);
    found.jobsMs = Date.now() - begun;
    await phone.page.waitForTimeout(1_000);
    found.shift = await phone.page.evaluate(() => globalThis.shift);
  });
  await step("it can be installed and is soon there without a network", async () => {
    await phone.installed();
    await phone.context.close();
    await phone.start();
    await phone.offline();
    await (await phone.context.newCDPSession(phone.page)).send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    const begun = Date.now();
    await phone.open();
    await jobs(phone.page);
    found.offlineJobsMs = Date.now() - begun;
  });
  console.log(JSON.stringify(found));
  for (const [name, bound] of Object.entries(BOUNDS))
    assert.ok(found[name] <= bound, `${name} is ${found[name]}, bound ${bound}`);
});
