/** The photos of a claim, and two of them side by side, enlarged and moved together. */

import { useEffect, useRef, useState } from "preact/hooks";
import { get, type Shape } from "../core/api";
import { begun, type Comparable, keyed, stepped } from "../core/comparing";
import { useLoad } from "../core/loading";
import { Dialog } from "../parts/dialog";
import { Empty, Loaded, State } from "../parts/states";
import { moment } from "../words/format";
import { say, word } from "../words/words";

type Photo = Shape<"ClaimPhoto">;

export function Photos({ claimId }: { claimId: string }) {
  const load = useLoad(() => get("/claims/{id}/photos", null, { id: claimId }), [claimId]);
  const [compares, setCompares] = useState(false);
  return (
    <section aria-labelledby="photos">
      <Loaded of={load}>
        {(photos) => {
          const comparable = comparables(photos);
          return (
            <>
              <div class="between">
                <h2 id="photos">{say("photos")}</h2>
                {comparable.length > 1 && (
                  <button type="button" class="plain small" onClick={() => setCompares(true)}>
                    {say("photos.compare")}
                  </button>
                )}
              </div>
              {photos.length === 0 ? (
                <Empty>{say("photos.none")}</Empty>
              ) : (
                <ul class="photos">
                  {photos.map((photo) => (
                    <li key={photo.id}>
                      <Card photo={photo} />
                    </li>
                  ))}
                </ul>
              )}
              {compares && <Compare photos={comparable} close={() => setCompares(false)} />}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

function Card({ photo }: { photo: Photo }) {
  const name = [word("photo", photo.kind), photo.caption].filter(Boolean).join(": ");
  const alike = new Set(photo.alike.map((one) => one.job_number));
  for (const number of photo.other_jobs) alike.delete(number);
  return (
    <figure>
      {photo.picture ? <img src={photo.picture} alt={name} loading="lazy" /> : <p class="quiet">{say("photo.away")}</p>}
      <figcaption>
        {name} <span class="soft">{moment(photo.taken_at ?? photo.entered_at)}</span>{" "}
        {photo.from_gallery && <State tone="warn">{say("photo.gallery")}</State>}{" "}
        {photo.other_jobs.map((number) => (
          <State key={number} tone="bad">
            {say("photo.same", { number })}
          </State>
        ))}
        {[...alike].map((number) => (
          <State key={number} tone="warn">
            {say("photo.alike", { number })}
          </State>
        ))}
      </figcaption>
    </figure>
  );
}

/** The claim's own photos with what looks like them right behind, those with look-alikes first. */
function comparables(photos: readonly Photo[]): Comparable[] {
  return [...photos]
    .sort((a, b) => b.alike.length - a.alike.length)
    .flatMap((photo) => [
      { id: photo.id, picture: photo.picture, caption: word("photo", photo.kind), other: null },
      ...[...photo.alike].sort(byNearness).map((one) => ({
        id: one.id,
        picture: one.picture,
        caption: say("photo.alike", { number: one.job_number }),
        other: one.job_number,
      })),
    ])
    .flatMap((one) => (one.picture ? [{ ...one, picture: one.picture }] : []));
}

/** In how many bits two pictures differ: the nearest first. */
function byNearness(a: Photo["alike"][number], b: Photo["alike"][number]): number {
  const bits = (one: typeof a) => (one.difference_bits ?? 64) + (one.frequency_bits ?? 64);
  return bits(a) - bits(b);
}

const SIDES = ["left", "right"] as const;
const STEPS = [
  { by: -1, name: "photos.before", sign: "‹" },
  { by: 1, name: "photos.next", sign: "›" },
] as const;

function Compare({ photos, close }: { photos: readonly Comparable[]; close: () => void }) {
  const [pair, setPair] = useState(() => begun(photos));
  const panes = [useRef<HTMLDivElement>(null), useRef<HTMLDivElement>(null)] as const;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const next = keyed(pair, event.key, photos.length);
      if (next === pair) return;
      event.preventDefault();
      setPair(next);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
  const follow = (from: 0 | 1) => () => {
    const [moved, other] = [panes[from].current, panes[from === 0 ? 1 : 0].current];
    if (!moved || !other) return;
    other.scrollLeft = moved.scrollLeft;
    other.scrollTop = moved.scrollTop;
  };
  return (
    <Dialog title={say("photos.compare")} close={close} wide>
      <p class="soft keys">{say("photos.keys")}</p>
      <div class="compare">
        {SIDES.map((side, place) => {
          const at = pair[side];
          const photo = photos[at];
          return (
            photo && (
              <figure key={side} data-photo={photo.id}>
                {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
                <div class="pane" ref={panes[place]} tabIndex={0} onScroll={follow(place as 0 | 1)}>
                  <img
                    src={photo.picture}
                    alt={photo.caption}
                    data-zoom={Math.round(pair.zoom * 10)}
                    ref={zoomed(pair.zoom)}
                  />
                </div>
                <figcaption>
                  {photo.caption} <span class="soft">{say("photo.of", { n: at + 1, all: photos.length })}</span>
                  <span class="row">
                    {STEPS.map(({ by, name, sign }) => (
                      <button
                        key={name}
                        type="button"
                        class="plain small"
                        aria-label={`${say(`photos.${side}`)}: ${say(name)}`}
                        onClick={() => setPair(stepped(pair, side, by, photos.length))}
                      >
                        {sign}
                      </button>
                    ))}
                  </span>
                </figcaption>
              </figure>
            )
          );
        })}
      </div>
      <p class="actions">
        {(["-", "+"] as const).map((key) => (
          <button
            key={key}
            type="button"
            class="plain"
            aria-label={`${say("photos.zoom")} ${key}`}
            onClick={() => setPair(keyed(pair, key, photos.length))}
          >
            {key}
          </button>
        ))}
      </p>
    </Dialog>
  );
}

/** Sets the size by the object model: the policy forbids styles in the markup. */
function zoomed(zoom: number) {
  return (picture: HTMLImageElement | null) => {
    if (picture) picture.style.width = `${zoom * 100}%`;
  };
}
