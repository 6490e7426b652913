// The app without its screens, for scenarios about storage and syncing: what the screens call lies open.
import * as store from "../../src/core/store";
import * as update from "../../src/update";

Object.assign(globalThis, { store, update });
await store.start();
update.registerServiceWorker();
document.title = "ready";
