/** What every screen has: its title and the way back, how the phone stands with the office, and what the thumb reaches. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { outbox, sync } from "../core/store";
import { addressOf, type Route, route, settleScroll } from "../router";
import { when } from "../words/format";
import { say } from "../words/words";
import { needsALook } from "./fates";
import { Icon, type IconName } from "./icons";
import { Notices } from "./notices";

interface Props {
  title: string;
  /** Where the arrow in the corner leads; none on the three main screens. */
  up?: Route;
  /** Beside the title. */
  corner?: ComponentChildren;
  /** Fixed at the bottom edge: left out, the main screens are offered there; null for nothing. */
  dock?: ComponentChildren;
  children: ComponentChildren;
}

export function Screen({ title, up, corner, dock, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(settleScroll, []);
  useEffect(() => {
    document.title = `${title} · Fieldstone`;
  }, [title]);
  useEffect(() => {
    // Readers of screens hear where they are now; a field that asked for the focus keeps it.
    if (document.activeElement === null || document.activeElement === document.body) {
      heading.current?.focus({ preventScroll: true });
    }
  }, []);
  return (
    <>
      <header class="bar">
        <div class="title">
          {up && (
            <a class="corner" href={addressOf(up)} aria-label={say("back")}>
              <Icon name="back" />
            </a>
          )}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {corner}
        </div>
        <div class="standing">
          <Strip />
          <Toast />
        </div>
      </header>
      <main>
        <Notices />
        {children}
      </main>
      <footer class="dock">{dock === undefined ? <Tabs /> : dock}</footer>
    </>
  );
}

/** Always there: whether there is a network, what is unsent, and when the office last heard of this phone. */
function Strip() {
  const { online, unsent, photosUnsent, lastSyncAt, syncing } = sync.value;
  return (
    <a class="strip" href="#/outbox" data-online={online}>
      <span role="status">
        <i class="dot" aria-hidden="true" />
        {say(online ? "sync.online" : "sync.offline")}
        <b data-unsent={unsent > 0}>{say("sync.unsent", { n: unsent })}</b>
        {photosUnsent > 0 && <b data-unsent="true">{say("sync.photos", { n: photosUnsent })}</b>}
      </span>
      <span class="last">
        {syncing ? say("sync.syncing") : lastSyncAt ? say("sync.last", { at: when(lastSyncAt) }) : say("sync.never")}
      </span>
    </a>
  );
}

const TABS: { to: Route; icon: IconName; key: "jobs" | "outbox" | "settings" }[] = [
  { to: { at: "jobs" }, icon: "jobs", key: "jobs" },
  { to: { at: "outbox" }, icon: "outbox", key: "outbox" },
  { to: { at: "settings" }, icon: "settings", key: "settings" },
];

function Tabs() {
  const attention = outbox.value.filter(needsALook).length;
  return (
    <nav class="tabs" aria-label={say("main.screens")}>
      {TABS.map(({ to, icon, key }) => {
        const address = addressOf(to);
        return (
          <a key={key} href={address} aria-current={addressOf(route.value) === address ? "page" : undefined}>
            <Icon name={icon} />
            <span>{say(`tab.${key}`)}</span>
            {key === "outbox" && attention > 0 && (
              <span class="count" data-tone="warn">
                {attention}
                <span class="unseen"> {say("outbox.look")}</span>
              </span>
            )}
          </a>
        );
      })}
    </nav>
  );
}

const told = signal("");
let fading: ReturnType<typeof setTimeout> | undefined;

/** Says something that has happened, for some seconds, also to readers of screens. */
export function tell(text: string): void {
  told.value = text;
  clearTimeout(fading);
  fading = setTimeout(() => {
    told.value = "";
  }, 4000);
}

function Toast() {
  return (
    <div class="toast" role="status" aria-live="polite">
      {told.value && (
        <p>
          <Icon name="done" /> {told.value}
        </p>
      )}
    </div>
  );
}
