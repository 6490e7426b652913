/** The frame around every screen: where one can go, who works here, and what was just done. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { hashOf, place } from "../core/router";
import { is, me, type Role, signOut } from "../core/session";
import { LanguageSwitch } from "../parts/language";
import { partnerName } from "../parts/names";
import { notice, tell } from "../parts/notice";
import { type Key, say, whyOf, word } from "../words/words";
import { SCREENS } from "./screens";

export interface Screen {
  name: string;
  title: Key;
  by: readonly Role[];
  show: (id: string) => ComponentChildren;
  /** Not in the list of screens: one gets there from another one. */
  isHidden?: boolean;
}

export function Frame() {
  const [isOpen, setOpen] = useState(false);
  const allowed = SCREENS.filter((screen) => is(screen.by));
  const { screen: wanted, id } = place.value;
  const screen = allowed.find((one) => one.name === wanted) ?? allowed[0];
  useEffect(() => setOpen(false), [screen?.name, id]);
  useEffect(() => {
    if (screen) document.title = `${say(screen.title)} – Fieldstone`;
  });
  if (!screen) return null;
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        {say("skip")}
      </button>
      <header>
        <button type="button" class="menu" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {say("menu")}
        </button>
        <b>Fieldstone</b>
        <span class="who">
          {me.value?.name}
          <span class="soft"> · {partnerName(me.value?.partner_id) || word("role", me.value?.role ?? "")}</span>
        </span>
        <LanguageSwitch />
        <button type="button" class="link" onClick={() => signOut().catch((error) => tell(whyOf(error)))}>
          {say("signOut")}
        </button>
      </header>
      <nav aria-label={say("screens")} data-open={isOpen}>
        <ul>
          {allowed
            .filter((one) => !one.isHidden)
            .map((one) => (
              <li key={one.name}>
                <a href={hashOf(one.name)} aria-current={one === screen ? "page" : undefined}>
                  {say(one.title)}
                </a>
              </li>
            ))}
        </ul>
      </nav>
      <main id="main" tabIndex={-1}>
        <p class="notice" role="status" hidden={!notice.value}>
          {notice.value}
        </p>
        {screen.show(id)}
      </main>
    </>
  );
}
