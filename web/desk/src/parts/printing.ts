/** Asks for a print job: the worker prints, and the list of prints tells how far it is. */

import { post, type Sent } from "../core/api";
import { language, say } from "../words/words";
import { tell } from "./notice";

/** How many documents one print job takes. */
export const PRINTS_AT_MOST = 1000;
export type Wanted = Omit<Sent<"/print-jobs">, "language">;

export async function print(wanted: Wanted, key: string): Promise<void> {
  await post("/print-jobs", { ...wanted, language: language.value }, key);
  tell(say("papers.asked"));
}
