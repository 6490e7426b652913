/** Times, days, durations and money as the person reads them. */

import { minorDigits } from "../../../common/money";
import { language, say } from "./words";

const TAGS = { en: "en-GB", zh: "zh-CN" } as const;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const tag = TAGS[language.value];
  const key = tag + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) {
    try {
      made = new Intl.DateTimeFormat(tag, options);
    } catch {
      made = new Intl.DateTimeFormat(tag, { ...options, timeZone: "UTC" }); // a zone that this phone does not know
    }
    formats.set(key, made);
  }
  return made;
}

/** 10:30, by the clock of `zone`, or of this phone. */
export function clock(moment: string | number, zone?: string): string {
  return format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(new Date(moment));
}

/** 10:30–12:00, with the zone's name where it is not this phone's. */
export function span(from: string, to: string, zone: string): string {
  const times = `${clock(from, zone)}–${clock(to, zone)}`;
  return zoneDiffers(from, zone) ? `${times} ${zoneName(from, zone)}` : times;
}

function zoneDiffers(at: string, zone: string): boolean {
  return clock(at, zone) !== clock(at);
}

function zoneName(at: string, zone: string): string {
  const parts = format({ timeZone: zone, timeZoneName: "short" }).formatToParts(new Date(at));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

/** Saturday 21 November, of a calendar day such as 2026-11-21. */
export function longDay(day: string): string {
  return format({ weekday: "long", day: "numeric", month: "long", timeZone: "UTC" }).format(
    new Date(`${day}T00:00:00Z`),
  );
}

/** 21 Nov. */
export function dayAndMonth(day: string): string {
  return format({ day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
}

export function shortDay(day: string): string {
  return format({ day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${day}T00:00:00Z`),
  );
}

/** 21 Nov, 10:30 by this phone's clock; today only the time. */
export function when(moment: string, now = Date.now()): string {
  const at = new Date(moment);
  if (at.toDateString() === new Date(now).toDateString()) return clock(moment);
  return format({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

/** 1 h 05 min. */
export function duration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return hours ? say("time.hours", { h: hours, m: String(rest).padStart(2, "0") }) : say("time.minutes", { n: rest });
}

/** 0:42:10 for a clock that runs. */
export function running(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export function money(minor: number, currency: string): string {
  const digits = minorDigits(currency);
  const text = (minor / 10 ** digits).toFixed(digits);
  return `${text} ${currency}`;
}
