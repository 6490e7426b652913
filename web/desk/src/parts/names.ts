/** Names behind ids that lists carry: partners and technicians, read once for a session. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { get, type Shape } from "../core/api";
import { DISPATCHING, is, PARTNER } from "../core/session";
import { say } from "../words/words";
import type { Option } from "./form";
import type { Column } from "./table";

const AT_MOST = 200;
const partnerLines = signal<Shape<"PartnerLine">[]>([]);
const technicianLines = signal<Shape<"PersonLine">[]>([]);
export const partners: ReadonlySignal<Shape<"PartnerLine">[]> = partnerLines;
export const technicians: ReadonlySignal<Shape<"PersonLine">[]> = technicianLines;
const byId = computed(() => new Map(partnerLines.value.map((one) => [one.id, one])));

export async function readNames(): Promise<void> {
  const people = is([...DISPATCHING, ...PARTNER])
    ? get("/people", { role: "technician", limit: AT_MOST })
    : Promise.resolve({ items: [] });
  const [partnerPage, peoplePage] = await Promise.all([get("/partners", { limit: AT_MOST }), people]);
  partnerLines.value = partnerPage.items;
  technicianLines.value = peoplePage.items;
}

/** The currency a partner is paid in: money that a partner asks for without naming one is in it. */
export function currencyOf(partnerId: string | null | undefined): string {
  return (partnerId && byId.value.get(partnerId)?.currency) || "";
}

export function partnerName(id: string | null | undefined): string {
  return (id && byId.value.get(id)?.name) || "";
}

/** People or partners, to choose one of. */
export function choices(people: readonly { id: string; name: string }[]): Option[] {
  return people.map((one) => [one.id, one.name]);
}

/** The column that says whose a row is; a partner's office, which sees its own alone, has none. */
export function partnerColumn<T extends { partner_id: string }>(): Column<T>[] {
  return is(PARTNER) ? [] : [{ head: say("partner"), cell: (row) => partnerName(row.partner_id) }];
}
