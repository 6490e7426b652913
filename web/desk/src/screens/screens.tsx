/** Every screen of the desk, in the order of the list, with the roles it is for. */

import { DISPATCHING, MANAGING, OFFICE, PARTNER, REVIEWING } from "../core/session";
import { Authorisations } from "./authorisations";
import { Claim } from "./claim";
import { Claims } from "./claims";
import { CoreReturns } from "./core-returns";
import { Figures } from "./figures";
import { FileRows, Files } from "./files";
import type { Screen } from "./frame";
import { Jobs } from "./jobs";
import { KeyIn } from "./key-in";
import { NewJob } from "./new-job";
import { Papers } from "./papers";
import { Payments } from "./payments";
import { Preauthorisations } from "./preauthorisations";
import { ProgrammeRules } from "./programme-rules";
import { Programmes } from "./programmes";
import { Report } from "./report";
import { Reports, ReportsOfJob } from "./reports";
import { Review } from "./review";
import { ServiceRequests } from "./service-requests";
import { Submit } from "./submit";
import { Systems } from "./systems";
import { WarrantyChanges } from "./warranty-changes";
import { Alerts } from "./watch";

export const SCREENS: readonly Screen[] = [
  { name: "jobs", title: "jobs", by: [...OFFICE, ...PARTNER], show: () => <Jobs /> },
  { name: "new-job", title: "newJob", by: DISPATCHING, show: () => <NewJob /> },
  { name: "requests", title: "requests", by: OFFICE, show: () => <ServiceRequests /> },
  { name: "review", title: "review", by: [...REVIEWING, ...MANAGING], show: () => <Review /> },
  { name: "claims", title: "claims", by: [...OFFICE, ...PARTNER], show: () => <Claims /> },
  { name: "claim", title: "claim", by: [...OFFICE, ...PARTNER], show: (id) => <Claim id={id} />, isHidden: true },
  { name: "payments", title: "payments", by: MANAGING, show: () => <Payments /> },
  {
    name: "preauthorisations",
    title: "preauthorisations",
    by: [...OFFICE, ...PARTNER],
    show: () => <Preauthorisations />,
  },
  { name: "reports", title: "reports", by: [...DISPATCHING, ...PARTNER], show: () => <Reports /> },
  { name: "report", title: "reports", by: [...OFFICE, ...PARTNER], show: (id) => <Report id={id} />, isHidden: true },
  {
    name: "job-reports",
    title: "reports",
    by: [...OFFICE, ...PARTNER],
    show: (id) => <ReportsOfJob id={id} />,
    isHidden: true,
  },
  { name: "papers", title: "papers", by: [...OFFICE, ...PARTNER], show: () => <Papers /> },
  { name: "key-in", title: "key-in", by: DISPATCHING, show: (id) => <KeyIn id={id} />, isHidden: true },
  { name: "submit", title: "submit", by: PARTNER, show: (id) => <Submit id={id} />, isHidden: true },
  { name: "files", title: "files", by: PARTNER, show: () => <Files /> },
  { name: "file", title: "files", by: PARTNER, show: (id) => <FileRows id={id} />, isHidden: true },
  { name: "core-returns", title: "cores", by: [...OFFICE, ...PARTNER], show: () => <CoreReturns /> },
  { name: "programmes", title: "programmes", by: OFFICE, show: () => <Programmes /> },
  { name: "programme", title: "programmes", by: OFFICE, show: (id) => <ProgrammeRules id={id} />, isHidden: true },
  { name: "figures", title: "figures", by: OFFICE, show: () => <Figures /> },
  { name: "authorisations", title: "authorisations", by: [...OFFICE, ...PARTNER], show: () => <Authorisations /> },
  { name: "alerts", title: "alerts", by: OFFICE, show: () => <Alerts /> },
  { name: "changes", title: "changes", by: OFFICE, show: () => <WarrantyChanges /> },
  { name: "systems", title: "systems", by: ["admin", ...PARTNER], show: () => <Systems /> },
];
