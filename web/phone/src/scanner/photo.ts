/** Photos taken on a visit: made smaller before they are kept, and read for codes. */

import { ready } from "./engine";
import { greyOf } from "./grey";
import { readGrey } from "./looks";
import type { Code } from "./sightings";

const EDGE_MAX = 1600;
const QUALITY = 0.8;
/** Codes are looked for in more than is kept: thin bars are lost in a small picture. */
const READ_PIXELS_MAX = 4_000_000;

/** The file holds no picture that this phone can open. */
export class NoPicture extends Error {
  override name = "NoPicture";
}

/**
 * Returns the photo as JPEG of at most 1,600 pixels along its longer edge, upright, on white paper. Nothing else that the
 * file said is kept: no place, no camera. Throws NoPicture.
 */
export async function downscale(file: Blob): Promise<Blob> {
  const picture = await open(file);
  try {
    const scale = Math.min(1, EDGE_MAX / Math.max(picture.width, picture.height));
    return await jpeg(drawn(picture, scale));
  } finally {
    picture.close();
  }
}

/** Returns every code on a photo, believable ones first. Throws NoPicture. */
export async function readPhoto(file: Blob): Promise<Code[]> {
  const picture = await open(file);
  try {
    const scale = Math.min(1, Math.sqrt(READ_PIXELS_MAX / (picture.width * picture.height)));
    const canvas = drawn(picture, scale);
    const pixels = contextOf(canvas).getImageData(0, 0, canvas.width, canvas.height);
    ready();
    return await readGrey(greyOf(pixels));
  } finally {
    picture.close();
  }
}

interface Picture {
  width: number;
  height: number;
  source: CanvasImageSource;
  close(): void;
}

/** Opens a file as the picture a person sees: turned as its EXIF orientation says. */
async function open(file: Blob): Promise<Picture> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    return { width: bitmap.width, height: bitmap.height, source: bitmap, close: () => bitmap.close() };
  } catch {
    return openAsElement(file); // older Safari does not know how to turn a bitmap, and turns an image by itself
  }
}

async function openAsElement(file: Blob): Promise<Picture> {
  const url = URL.createObjectURL(file);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    URL.revokeObjectURL(url);
    throw new NoPicture();
  }
  const { naturalWidth: width, naturalHeight: height } = image;
  return { width, height, source: image, close: () => URL.revokeObjectURL(url) };
}

type Canvas = OffscreenCanvas | HTMLCanvasElement;

function drawn({ width, height, source }: Picture, scale: number): Canvas {
  const [wide, high] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const canvas = newCanvas(wide, high);
  const context = contextOf(canvas);
  context.fillStyle = "white";
  context.fillRect(0, 0, wide, high);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, wide, high);
  return canvas;
}

function newCanvas(width: number, height: number): Canvas {
  if (typeof OffscreenCanvas === "function") {
    const canvas = new OffscreenCanvas(width, height);
    if (canvas.getContext("2d")) return canvas; // Safari had it for a while without the drawing
  }
  return Object.assign(document.createElement("canvas"), { width, height });
}

function contextOf(canvas: Canvas): OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D {
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D | null;
  if (!context) throw new NoPicture();
  return context;
}

async function jpeg(canvas: Canvas): Promise<Blob> {
  if (!(canvas instanceof HTMLCanvasElement)) return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!blob) throw new NoPicture();
  return blob;
}
