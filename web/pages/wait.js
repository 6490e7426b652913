// Looks now and then whether the report is there, and only then shows the page anew: nobody's reading is interrupted.
const EVERY_MS = 20_000;

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.ok && !(await answer.text()).includes("data-waiting")) location.reload();
  } catch {
    // No network right now: the next look may have one.
  }
}

setInterval(look, EVERY_MS);
