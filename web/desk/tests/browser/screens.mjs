// Every screen of the desk with the person who sees it; `find` returns the id of what the screen shows.
const first = (path, query) => async (ask, login) => (await ask(login, `${path}?limit=1&${query}`)).items[0]?.id;
const waiting = first("/claims", "state=in_review");

export const SCREENS = [
  { name: "jobs", login: "dora" },
  { name: "new-job", login: "dora" },
  { name: "requests", login: "dora" },
  { name: "review", login: "rex" },
  { name: "claim", login: "rex", find: waiting },
  { name: "claims", login: "marek" },
  { name: "payments", login: "marek" },
  { name: "reports", login: "dora" },
  { name: "papers", login: "dora" },
  { name: "programmes", login: "marek" },
  { name: "programme", login: "marek", find: first("/programmes", "") },
  { name: "preauthorisations", login: "marek" },
  { name: "figures", login: "marek" },
  { name: "core-returns", login: "marek" },
  { name: "authorisations", login: "marek" },
  { name: "alerts", login: "marek" },
  { name: "changes", login: "marek" },
  { name: "jobs", login: "pam", as: "partner-jobs" },
  { name: "claims", login: "pam", as: "partner-claims" },
  { name: "claim", login: "pam", as: "partner-claim", find: first("/claims", "") },
  { name: "key-in", login: "dora", find: first("/jobs", "state=accepted") },
  { name: "submit", login: "pam", find: first("/jobs", "state=accepted") },
  { name: "preauthorisations", login: "pam", as: "partner-preauthorisations" },
  { name: "files", login: "pam" },
  { name: "file", login: "pam", find: first("/claims/submit/files", "") },
  { name: "papers", login: "pam", as: "partner-papers" },
  { name: "systems", login: "pam" },
  { name: "systems", login: "admin", as: "admin-systems" },
];
