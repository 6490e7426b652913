/**
 * Asks until the answer is true, and returns it; throws when it never was.
 *
 * For a question to the page that is answered by a promise, too: waitForFunction takes the promise itself for a yes.
 */
export async function until(what, find, seconds = 40) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await find();
    if (found) return found;
    if (Date.now() > end) throw new Error(`it did not happen within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
