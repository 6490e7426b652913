/** The app: which screen is shown, from the address and from who is signed in. */

import { useEffect } from "preact/hooks";
import { session, sync } from "../core/store";
import { readCatalogue } from "../parts/catalogue";
import { visitOf } from "../parts/current";
import { addressOf, type Route, route } from "../router";
import { language } from "../words/words";
import { CodeScreen } from "./code";
import { CompleteScreen } from "./complete";
import { ExpenseScreen } from "./expense";
import { FaultScreen } from "./fault";
import { Gone } from "./gone";
import { JobScreen } from "./job";
import { JobsScreen } from "./jobs";
import { OutboxScreen } from "./outbox";
import { PartScreen } from "./part";
import { PhotoScreen } from "./photo";
import { ReadingScreen } from "./reading";
import { ScanScreen } from "./scan";
import { SettingsScreen } from "./settings";
import { SignInScreen } from "./sign-in";
import { TimeScreen } from "./time";
import { UnitScreen } from "./unit";
import { VisitScreen } from "./visit";

const FORMS = {
  scan: ScanScreen,
  time: TimeScreen,
  part: PartScreen,
  fault: FaultScreen,
  reading: ReadingScreen,
  expense: ExpenseScreen,
  photo: PhotoScreen,
  complete: CompleteScreen,
  code: CodeScreen,
};

export function App() {
  useEffect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-Hans" : "en";
  }, [language.value]);
  const account = session.value?.accountId;
  const isLoading = sync.value.catalogue !== null;
  useEffect(() => {
    if (!account || isLoading) return;
    const wait = globalThis.requestIdleCallback ?? ((then: () => void) => setTimeout(then, 300));
    wait(() => void readCatalogue().catch((error: unknown) => console.warn("The catalogue could not be read.", error)));
  }, [account, isLoading]);
  const to = route.value;
  if (!account || to.at === "sign-in") return <SignInScreen />;
  return <Shown key={addressOf(to)} to={to} />;
}

function Shown({ to }: { to: Route }) {
  if ("visit" in to) {
    const current = visitOf(to.visit);
    const Form = FORMS[to.at];
    return current ? <Form current={current} /> : <Gone />;
  }
  switch (to.at) {
    case "outbox":
      return <OutboxScreen />;
    case "settings":
      return <SettingsScreen />;
    case "job":
      return <JobScreen id={to.id} />;
    case "unit":
      return <UnitScreen gtin={to.gtin} serial={to.serial} />;
    case "visit": {
      const current = visitOf(to.id);
      return current ? <VisitScreen current={current} /> : <Gone />;
    }
    default:
      return <JobsScreen />;
  }
}
