/** Every text of the desk in English. The words are the glossary's; zh.ts has the same keys, or the compiler objects. */

import { enClaims } from "./en-claims";
import { enJobs } from "./en-jobs";
import { enKeying } from "./en-keying";
import { enPapers } from "./en-papers";
import { enReports } from "./en-reports";
import { enRequests } from "./en-requests";
import { enRules } from "./en-rules";
import { enSubmit } from "./en-submit";

export const en = {
  ...enClaims,
  ...enJobs,
  ...enKeying,
  ...enPapers,
  ...enReports,
  ...enRequests,
  ...enRules,
  ...enSubmit,
  signIn: "Sign in",
  login: "Login",
  password: "Password",
  signOut: "Sign out",
  ended: "Your session has ended. Sign in again.",
  welcome: "Welcome to Fieldstone",
  newPassword: "New password (ten characters or more)",
  setPassword: "Set password",
  passwordSet: "The password is set. Sign in now.",
  notForYou: "This desk is for the office and for partners' offices. Technicians use the app.",
  toApp: "The technician's app",
  menu: "Menu",
  screens: "Screens",
  skip: "To the content",
  away: "The service cannot be reached. Try again.",
  again: "Try again",
  loading: "Loading …",
  more: "Show more",
  close: "Close",
  save: "Save",
  all: "all",
  state: "State",
  number: "Number",
  partner: "Partner",
  from: "From",
  to: "To",
  reason: "Reason",
  find: "Find",
  "role.admin": "Administrator",
  "role.dispatcher": "Dispatcher",
  "role.service_manager": "Service manager",
  "role.reviewer": "Reviewer",
  "role.parts_manager": "Parts manager",
  "role.partner_office": "Partner's office",
} as const;
