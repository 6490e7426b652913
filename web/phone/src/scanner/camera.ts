/**
 * The phone's camera as a scanner. Its stream is opened once and kept for the visit, because an iPhone asks for leave at
 * every opening; between scans it is switched off without being given back.
 */

import { engine } from "./engine";
import { Frames } from "./frames";
import type { Code } from "./sightings";

/**
 * Why nothing is scanned: the person or the system forbids it, there is no camera, another app holds it, or its frames
 * cannot be read (the decoder did not load).
 */
export class CameraProblem extends Error {
  constructor(readonly code: "forbidden" | "missing" | "busy" | "unreadable") {
    super(code);
    this.name = "CameraProblem";
  }
}

const PROBLEMS: Record<string, CameraProblem["code"]> = {
  NotAllowedError: "forbidden",
  SecurityError: "forbidden",
  NotReadableError: "busy",
  AbortError: "busy",
};
const WANTED: MediaStreamConstraints = {
  audio: false,
  video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } },
};

/** The part of the picture that is looked at, in its middle; the screen's frame shows it. */
export const CROP = { width: 0.9, height: 0.6 } as const;
const CROP_PIXELS_LONG = 1024;
const FRAME_MS = 100;
const FAILURES_MAX = 10;

// What cameras on phones can do beyond the types that browsers share.
interface CameraAbilities extends MediaTrackCapabilities {
  torch?: boolean;
  zoom?: { min: number; max: number; step: number };
  focusMode?: string[];
}

type CameraSettings = MediaTrackConstraintSet & { torch?: boolean; zoom?: number; focusMode?: string };

let stream: MediaStream | undefined;

async function opened(): Promise<MediaStreamTrack> {
  const kept = stream?.getVideoTracks()[0];
  if (kept?.readyState === "live") {
    kept.enabled = true;
    return kept;
  }
  try {
    stream = await navigator.mediaDevices.getUserMedia(WANTED);
  } catch (reason) {
    throw new CameraProblem(PROBLEMS[(reason as Partial<DOMException> | null)?.name ?? ""] ?? "missing");
  }
  const [track] = stream.getVideoTracks();
  if (!track) throw new CameraProblem("missing");
  if (abilities(track).focusMode?.includes("continuous")) await adjust(track, { focusMode: "continuous" });
  return track;
}

function abilities(track: MediaStreamTrack): CameraAbilities {
  return track.getCapabilities?.() ?? {};
}

/** Asks something of the camera; whether it did it. */
async function adjust(track: MediaStreamTrack, settings: CameraSettings): Promise<boolean> {
  try {
    await track.applyConstraints({ advanced: [settings] });
    return true;
  } catch {
    return false;
  }
}

/** A scan under way. */
export interface Scanning {
  /** Null where the camera's light cannot be switched. */
  torch: ((on: boolean) => Promise<boolean>) | null;
  /** Null where the camera cannot zoom. */
  zoom: { min: number; max: number; step: number; set: (to: number) => Promise<boolean> } | null;
  /** Tells a code again that was told before. */
  again(): void;
  /** Ends the scan; the camera is kept for the next one. */
  stop(): void;
}

/**
 * Shows the camera in a video element and tells each code once it is believable: seen alike in two frames, codes that
 * guard themselves badly in three. Throws CameraProblem; one that shows later goes to `fail`, once.
 */
export async function scan(
  video: HTMLVideoElement,
  tell: (code: Code) => void,
  fail: (problem: CameraProblem) => void,
): Promise<Scanning> {
  const track = await opened();
  video.muted = true;
  video.playsInline = true; // or an iPhone fills its screen with it
  video.srcObject = stream ?? null;
  await video.play().catch(() => {
    // A screen that was left meanwhile plays nothing.
  });
  const look = await engine();
  const frames = new Frames();
  const canvas = document.createElement("canvas");
  let isOver = false;
  let failures = 0;
  const next = async (): Promise<void> => {
    if (isOver) return;
    const began = performance.now();
    let fresh: Code[] = [];
    try {
      const frame = document.hidden ? null : cropOf(video, canvas);
      if (frame) fresh = frames.add(await look(frame));
      failures = 0;
    } catch {
      failures += 1; // of one frame that could not be looked at nothing needs to be said: the next one comes
      if (failures === FAILURES_MAX && !isOver) fail(new CameraProblem("unreadable"));
    }
    const took = performance.now() - began;
    // A slow phone gets as long for its screen as the frame took.
    setTimeout(() => void next(), Math.max(FRAME_MS - took, took, 10));
    if (!isOver) for (const code of fresh) tell(code);
  };
  void next();
  const { torch, zoom } = abilities(track);
  return {
    torch: torch ? (on) => adjust(track, { torch: on }) : null,
    zoom: zoom && zoom.max > zoom.min ? { ...zoom, set: (to) => adjust(track, { zoom: to }) } : null,
    again: () => frames.forget(),
    stop: () => {
      isOver = true;
      if (torch) void adjust(track, { torch: false });
      track.enabled = false;
      video.srcObject = null;
    },
  };
}

/** Gives the camera back: the visit is left. */
export function release(): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = undefined;
}

function cropOf(video: HTMLVideoElement, canvas: HTMLCanvasElement): ImageData | null {
  const [width, height] = [video.videoWidth * CROP.width, video.videoHeight * CROP.height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context || width < 1 || height < 1) return null;
  const scale = Math.min(1, CROP_PIXELS_LONG / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const [left, top] = [(video.videoWidth - width) / 2, (video.videoHeight - height) / 2];
  context.drawImage(video, left, top, width, height, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
