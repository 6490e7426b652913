/** The few signs of the app, drawn in the colour of their text; words stand beside them. */

const PATHS = {
  back: "M15 5l-7 7 7 7",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  jobs: "M8 5h8M8 5a2 2 0 0 0-2 2v12h12V7a2 2 0 0 0-2-2M9 11h6M9 15h4",
  outbox: "M12 14V4M7.5 8.5L12 4l4.5 4.5M4 14v5h16v-5",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M7 9v6M10 9v6M13.5 9v6M17 9v6",
  fault: "M12 4l9 16H3zM12 10v4M12 17h.01",
  part: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
  time: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4l3 2",
  reading: "M4 18a8 8 0 1 1 16 0M12 18l4-6",
  expense: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
  photo: "M4 8h3l2-3h6l2 3h3v11H4zM12 10.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6",
  call: "M6 4h3l2 5-2 1a11 11 0 0 0 5 5l1-2 5 2v3a2 2 0 0 1-2 2A15 15 0 0 1 4 6a2 2 0 0 1 2-2",
  map: "M12 21c-4-4.5-6-7.5-6-11a6 6 0 0 1 12 0c0 3.5-2 6.5-6 11M12 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4",
  done: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6 6l12 12M18 6L6 18",
  wait: "M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14M12 9v3.5l2 1.5",
  question: "M9 9a3 3 0 1 1 4 2.8c-.7.3-1 .8-1 1.7M12 17h.01",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  light: "M13 3L5 14h6l-1 7 8-11h-6z",
  pen: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  key: "M4 7h16v10H4zM7 10h.01M10 10h.01M13 10h.01M16 10h.01M8 14h8",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" data-icon={name} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
