import { render } from "preact";
import { registerServiceWorker } from "./update";

const root = document.getElementById("app");
if (root) render(<h1>Fieldstone</h1>, root);
registerServiceWorker();
