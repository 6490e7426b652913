// The pad that a customer signs on. Without this script the name alone is sent.
const SIZE = { width: 600, height: 200 };
/** Less than what the server takes, which counts them as it keeps them. */
const LETTERS_MAX = 13_000;
const STROKES_MAX = 500;
/** How far the pen moves before a point is kept. */
const APART = 3;

const pad = document.getElementById("pad");
const canvas = pad.querySelector("canvas");
const form = pad.closest("form");
const pen = canvas.getContext("2d");
let strokes = [];

function clear() {
  strokes = [];
  pen.clearRect(0, 0, SIZE.width, SIZE.height);
}

function pointOf(event) {
  const box = canvas.getBoundingClientRect();
  const within = (share, most) => Math.min(most, Math.max(0, Math.round(share * most)));
  return [
    within((event.clientX - box.left) / box.width, SIZE.width),
    within((event.clientY - box.top) / box.height, SIZE.height),
  ];
}

function draw([fromX, fromY], [toX, toY]) {
  pen.beginPath();
  pen.moveTo(fromX, fromY);
  pen.lineTo(toX, toY);
  pen.stroke();
}

function written() {
  return [`${SIZE.width} ${SIZE.height}`, ...strokes.map((stroke) => stroke.flat().join(" "))].join(";");
}

Object.assign(canvas, SIZE);
Object.assign(pen, { lineWidth: 3, lineCap: "round", lineJoin: "round" });
canvas.addEventListener("pointerdown", (event) => {
  if (strokes.length >= STROKES_MAX || written().length > LETTERS_MAX) return;
  canvas.setPointerCapture(event.pointerId);
  const point = pointOf(event);
  strokes.push([point]);
  draw(point, point);
});
canvas.addEventListener("pointermove", (event) => {
  if (!canvas.hasPointerCapture(event.pointerId)) return;
  const stroke = strokes.at(-1);
  const [last, point] = [stroke.at(-1), pointOf(event)];
  if (Math.hypot(point[0] - last[0], point[1] - last[1]) < APART || written().length > LETTERS_MAX) return;
  stroke.push(point);
  draw(last, point);
});
pad.querySelector("button").addEventListener("click", clear);
form.addEventListener("submit", () => {
  form.elements.drawing.value = strokes.length ? written() : "";
});
pad.hidden = false;
