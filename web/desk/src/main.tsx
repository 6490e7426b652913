import { render } from "preact";
import { followAddress } from "./core/router";
import { resume } from "./core/session";
import { App } from "./screens/app";
import "./style.css";

const root = document.getElementById("desk");
const isWelcome = location.pathname === "/welcome";
if (!isWelcome) followAddress();
// The session is looked up first: nobody sees the sign-in flash by.
(isWelcome ? Promise.resolve() : resume()).finally(() => {
  if (root) render(<App isWelcome={isWelcome} />, root);
});
