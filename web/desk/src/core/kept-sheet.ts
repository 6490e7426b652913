/** What was typed from a paper sheet and is not handed in yet: kept in this window, for whoever typed it. */

import type { Line } from "./ledger";

/** The fields by their names, the hash of the photo that was sent, and what became of each line. */
export interface Kept {
  fields: Record<string, string>;
  photo: string;
  lines: readonly Line[];
}

const PREFIX = "fieldstone-desk-sheet ";
const NOTHING: Kept = { fields: {}, photo: "", lines: [] };

export class KeptSheet {
  private readonly place: string;
  private kept: Kept;
  /** Whether something was kept before. */
  readonly isThere: boolean;

  constructor(accountId: string, visitId: string) {
    this.place = placeOf(accountId, visitId);
    const found = storage()?.getItem(this.place);
    this.isThere = Boolean(found);
    this.kept = found ? (JSON.parse(found) as Kept) : NOTHING;
  }

  get now(): Kept {
    return this.kept;
  }

  keep(changed: Partial<Kept>): void {
    this.kept = { ...this.kept, ...changed };
    try {
      storage()?.setItem(this.place, JSON.stringify(this.kept));
    } catch {
      // A full storage: it is kept as long as the page is open.
    }
  }

  forget(): void {
    storage()?.removeItem(this.place);
  }
}

/** Forgets the sheets of everybody, or of everybody else. */
export function forgetSheets(besidesAccount?: string): void {
  const own = besidesAccount === undefined ? null : placeOf(besidesAccount, "");
  const kept = storage() ?? {};
  for (const place of Object.keys(kept))
    if (place.startsWith(PREFIX) && !(own && place.startsWith(own))) storage()?.removeItem(place);
}

const placeOf = (accountId: string, visitId: string) => `${PREFIX}${accountId} ${visitId}`;

function storage(): Storage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null; // forbidden
  }
}
