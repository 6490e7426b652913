import { render } from "preact";
import { start } from "./core/store";
import { followAddress } from "./router";
import { App } from "./screens/app";
import "./style.css";
import { registerServiceWorker } from "./update";

const root = document.getElementById("app");
followAddress();
// What is on the phone is read first, a matter of milliseconds: nobody sees the sign-in flash by.
start()
  .catch((error: unknown) => console.error("The phone's storage could not be opened.", error))
  .finally(() => {
    if (root) render(<App />, root);
  });
registerServiceWorker();
