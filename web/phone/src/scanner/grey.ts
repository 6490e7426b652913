/** Grey pictures and what is done to them before another look for codes; no canvas, so that tests run the same. */

export interface Grey {
  width: number;
  height: number;
  /** One byte a pixel, 0 black to 255 white. */
  data: Uint8ClampedArray;
}

const PAPER = 255;

/** The grey of an RGBA picture. */
export function greyOf({ width, height, data }: { width: number; height: number; data: Uint8ClampedArray }): Grey {
  const grey = new Uint8ClampedArray(width * height);
  for (let at = 0; at < grey.length; at += 1) {
    const [red = 0, green = 0, blue = 0] = [data[4 * at], data[4 * at + 1], data[4 * at + 2]];
    grey[at] = 0.299 * red + 0.587 * green + 0.114 * blue;
  }
  return { width, height, data: grey };
}

/** As the decoder takes it. */
export function rgbaOf({ width, height, data }: Grey): {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
} {
  const words = new Uint32Array(data.length);
  for (let at = 0; at < data.length; at += 1) words[at] = 0xff000000 | ((data[at] ?? PAPER) * 0x010101);
  return { width, height, data: new Uint8ClampedArray(words.buffer) };
}

/** The picture stretched to another size: between pixels where it grows, over all pixels in reach where it shrinks. */
export function resized(picture: Grey, width: number, height: number): Grey {
  return down(across(picture, Math.max(1, Math.round(width))), Math.max(1, Math.round(height)));
}

function across({ width, height, data }: Grey, wide: number): Grey {
  const made = new Uint8ClampedArray(wide * height);
  const reach = weights(width, wide);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < wide; x += 1) {
      const { from, shares } = reach[x] ?? { from: 0, shares: [] };
      let sum = 0;
      for (let n = 0; n < shares.length; n += 1) sum += (data[y * width + from + n] ?? 0) * (shares[n] ?? 0);
      made[y * wide + x] = sum;
    }
  }
  return { width: wide, height, data: made };
}

function down({ width, height, data }: Grey, high: number): Grey {
  const made = new Uint8ClampedArray(width * high);
  const reach = weights(height, high);
  const sums = new Float32Array(width);
  for (let y = 0; y < high; y += 1) {
    const { from, shares } = reach[y] ?? { from: 0, shares: [] };
    sums.fill(0);
    for (let n = 0; n < shares.length; n += 1) {
      const row = (from + n) * width;
      const share = shares[n] ?? 0;
      for (let x = 0; x < width; x += 1) sums[x] = (sums[x] ?? 0) + (data[row + x] ?? 0) * share;
    }
    made.set(sums, y * width);
  }
  return { width, height: high, data: made };
}

/** For each new pixel, where its old ones begin and how much each of them counts (a tent as wide as a new pixel). */
function weights(before: number, after: number): { from: number; shares: number[] }[] {
  const scale = before / after;
  const radius = Math.max(1, scale);
  return Array.from({ length: after }, (_, n) => {
    const centre = (n + 0.5) * scale - 0.5;
    const from = Math.max(0, Math.ceil(centre - radius));
    const to = Math.min(before - 1, Math.floor(centre + radius));
    const shares: number[] = [];
    for (let at = from; at <= to; at += 1) shares.push(Math.max(0, 1 - Math.abs(at - centre) / radius));
    const whole = shares.reduce((sum, share) => sum + share, 0);
    return whole > 0
      ? { from, shares: shares.map((share) => share / whole) }
      : { from: Math.min(from, before - 1), shares: [1] };
  });
}

/** The picture turned to the left by so many degrees, on paper as large as it needs. */
export function turned({ width, height, data }: Grey, degrees: number): Grey {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const wide = Math.ceil(Math.abs(width * cos) + Math.abs(height * sin));
  const high = Math.ceil(Math.abs(width * sin) + Math.abs(height * cos));
  const made = new Uint8ClampedArray(wide * high).fill(PAPER);
  for (let y = 0; y < high; y += 1) {
    for (let x = 0; x < wide; x += 1) {
      const [dx, dy] = [x - (wide - 1) / 2, y - (high - 1) / 2];
      const [u, v] = [cos * dx - sin * dy + (width - 1) / 2, sin * dx + cos * dy + (height - 1) / 2];
      const [left, top] = [Math.floor(u), Math.floor(v)];
      if (left < 0 || top < 0 || left >= width - 1 || top >= height - 1) continue;
      const at = top * width + left;
      const [right, below] = [u - left, v - top];
      const above = (data[at] ?? 0) * (1 - right) + (data[at + 1] ?? 0) * right;
      const under = (data[at + width] ?? 0) * (1 - right) + (data[at + width + 1] ?? 0) * right;
      made[y * wide + x] = above * (1 - below) + under * below;
    }
  }
  return { width: wide, height: high, data: made };
}

/** The picture with grain and print dots averaged away. */
export function softened({ width, height, data }: Grey): Grey {
  const made = new Uint8ClampedArray(data);
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      let sum = 4 * (data[at] ?? 0);
      for (const step of [-1, 1, -width, width]) sum += 2 * (data[at + step] ?? 0);
      for (const step of [-width - 1, -width + 1, width - 1, width + 1]) sum += data[at + step] ?? 0;
      made[at] = sum / 16;
    }
  }
  return { width, height, data: made };
}
