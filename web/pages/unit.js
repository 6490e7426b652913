// A phone that a technician has signed in on opens the machine in the app; every other one stays on this page.
try {
  const memory = JSON.parse(localStorage.getItem("fieldstone") || "null");
  const [, , gtin, , serial] = location.pathname.split("/");
  if (memory?.account && !location.hash) location.replace(`/app/#/unit/${gtin}/${serial}`);
} catch {
  // Without storage nobody is signed in.
}
