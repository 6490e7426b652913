/** From one frame of the camera to the next: a code is told when it was seen often enough, and once. */

import { type Code, judge, type Sighting } from "./sightings";

/** How many of the last frames are remembered: about two seconds. */
const FRAMES_KEPT = 20;
/** One frame may be misread, two alike hardly ever. */
const WITNESSES = 2;

/** Remembers what the last frames showed, and tells each code that becomes believable, once until `forget`. */
export class Frames {
  private kept: Sighting[][] = [];
  private readonly told = new Set<string>();

  /** Adds what one frame showed; returns the codes that are believed from now on. */
  add(seen: Sighting[]): Code[] {
    this.kept = [...this.kept, seen].slice(-FRAMES_KEPT);
    const fresh = judge(this.kept, WITNESSES).filter((code) => code.accepted && !this.told.has(code.text));
    for (const code of fresh) this.told.add(code.text);
    return fresh;
  }

  /** Lets the same code be told again: the technician scans anew. */
  forget(): void {
    this.kept = [];
    this.told.clear();
  }
}
