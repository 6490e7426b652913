/** Small charts of our own: bars beside one another, lines over months. The table below a chart says the same. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Series {
  name: string;
  /** One of the tones of the style: good, bad, wait, soft. */
  tone: "good" | "bad" | "wait" | "soft";
  values: readonly number[];
}

const ROW = 22;
/** In pixels, so that letters keep their size on a phone: the widest chart, a value beside a bar, a month, a letter. */
const WIDEST = 860;
const VALUE = 115;
const MONTH = 60;
const LETTER = 7;
const LABEL_SHARE = 0.28;

/** A label as far as there is room for so many letters. */
function shortened(label: string, letters: number): string {
  return label.length > letters ? `${label.slice(0, letters - 1)}…` : label;
}

export function Legend({ series }: { series: readonly Series[] }) {
  return (
    <ul class="legend">
      {series.map((one) => (
        <li key={one.name}>
          <span class="swatch" data-fill={one.tone} /> {one.name}
        </li>
      ))}
    </ul>
  );
}

interface Chart {
  title: string;
  labels: readonly string[];
  series: readonly Series[];
  shown: (value: number) => string;
}

/** Draws into as much room as there is. */
function Drawing({
  title,
  height,
  children,
}: {
  title: string;
  height: number;
  children: (width: number) => ComponentChildren;
}) {
  const room = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(WIDEST);
  useLayoutEffect(() => {
    const measure = () => setWidth(Math.min(room.current?.clientWidth || WIDEST, WIDEST));
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, []);
  return (
    <div ref={room}>
      <svg class="chart" width={width} height={height} role="img" aria-label={title}>
        {children(width)}
      </svg>
    </div>
  );
}

/** A bar a label, its series one behind the other. */
export function Bars({ title, labels, series, shown }: Chart) {
  const sums = labels.map((_, at) => series.reduce((sum, one) => sum + (one.values[at] ?? 0), 0));
  const most = Math.max(1, ...sums);
  return (
    <Drawing title={title} height={labels.length * ROW}>
      {(width) => {
        const left = Math.round(width * LABEL_SHARE);
        const scale = (value: number) => (value / most) * (width - left - VALUE);
        return labels.map((label, at) => {
          let x = left;
          return (
            <g key={label} transform={`translate(0 ${at * ROW})`}>
              <text x={left - 8} y={15} text-anchor="end">
                {shortened(label, left / LETTER)}
              </text>
              {series.map((one) => {
                const from = x;
                x += scale(one.values[at] ?? 0);
                return <rect key={one.name} x={from} y={3} width={x - from} height={ROW - 8} data-fill={one.tone} />;
              })}
              <text x={x + 6} y={15} class="value">
                {shown(sums[at] ?? 0)}
              </text>
            </g>
          );
        });
      }}
    </Drawing>
  );
}

/** A line a series over labels in order. */
export function Lines({ title, labels, series, shown }: Chart) {
  const height = 220;
  const [left, right, top, bottom] = [VALUE, 12, 10, 26];
  const most = Math.max(1, ...series.flatMap((one) => one.values));
  const y = (value: number) => top + (1 - value / most) * (height - top - bottom);
  return (
    <Drawing title={title} height={height}>
      {(width) => {
        const step = (width - left - right) / Math.max(1, labels.length - 1);
        const x = (at: number) => left + at * step;
        const every = Math.ceil(MONTH / step);
        return (
          <>
            {[0, 0.5, 1].map((share) => (
              <g key={share}>
                <line x1={left} x2={width - right} y1={y(most * share)} y2={y(most * share)} class="grid" />
                <text x={left - 8} y={y(most * share) + 4} text-anchor="end">
                  {shown(most * share)}
                </text>
              </g>
            ))}
            {labels.map(
              (label, at) =>
                (labels.length - 1 - at) % every === 0 && (
                  <text key={label} x={x(at)} y={height - 8} text-anchor={at === labels.length - 1 ? "end" : "middle"}>
                    {label}
                  </text>
                ),
            )}
            {series.map((one) => (
              <g key={one.name} data-stroke={one.tone} data-fill={one.tone}>
                <polyline points={one.values.map((value, at) => `${x(at)},${y(value)}`).join(" ")} fill="none" />
                {one.values.map((value, at) => (
                  <circle key={labels[at]} cx={x(at)} cy={y(value)} r={3} />
                ))}
              </g>
            ))}
          </>
        );
      }}
    </Drawing>
  );
}
