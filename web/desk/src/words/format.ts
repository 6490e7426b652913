/** Times, days, numbers and money as the person reads them. */

import { minorDigits } from "../../../common/money";
import { language } from "./words";

const TAGS = { en: "en-GB", zh: "zh-CN" } as const;
export const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

const tag = () => TAGS[language.value];

/** 21 Nov 2026, 10:30, by the clock of `zone` or of this browser. */
export function moment(text: string, zone?: string): string {
  return new Intl.DateTimeFormat(tag(), {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: zone || undefined,
  }).format(new Date(text));
}

/** 21 Nov 2026, of a calendar day such as 2026-11-21. */
export function day(text: string): string {
  return new Intl.DateTimeFormat(tag(), { dateStyle: "medium", timeZone: "UTC" }).format(new Date(`${text}T00:00:00Z`));
}

/** 12,345.60 EUR; a dash for nothing. */
export function money(minor: number | null | undefined, currency: string | null | undefined): string {
  if (minor === null || minor === undefined) return "–";
  const digits = minorDigits(currency ?? "EUR");
  const amount = new Intl.NumberFormat(tag(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${amount.format(minor / 10 ** digits)}${currency ? ` ${currency}` : ""}`;
}

export function number(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : new Intl.NumberFormat(tag()).format(value);
}

/** 25 min */
export function minutes(value: number): string {
  return new Intl.NumberFormat(tag(), { style: "unit", unit: "minute", unitDisplay: "short" }).format(value);
}

/** The value of a datetime-local field, rounded down to the hour. */
export function localHour(at: Date): string {
  const hour = new Date(at);
  hour.setMinutes(0, 0, 0);
  return new Date(hour.getTime() - hour.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The moment that a datetime-local field means. */
export function momentOf(local: string): string {
  return new Date(local).toISOString();
}

/** Today by this browser's calendar, as 2026-11-21. */
export function today(): string {
  return dayFrom(new Date(), 0);
}

/** The day so many days from a moment, by this browser's calendar. */
export function dayFrom(at: Date, days: number): string {
  const on = new Date(at.getFullYear(), at.getMonth(), at.getDate() + days, 12);
  return new Date(on.getTime() - on.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
