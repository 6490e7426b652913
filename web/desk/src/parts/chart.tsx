/** Small charts of our own: bars beside one another, lines over months. The table below a chart says the same. */

export interface Series {
  name: string;
  /** One of the tones of the style: good, bad, wait, soft. */
  tone: "good" | "bad" | "wait" | "soft";
  values: readonly number[];
}

const WIDTH = 640;
const ROW = 22;
const LABEL = 190;

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

/** A bar a label, its series one behind the other. */
export function Bars({
  title,
  labels,
  series,
  shown,
}: {
  title: string;
  labels: readonly string[];
  series: readonly Series[];
  shown: (value: number) => string;
}) {
  const sums = labels.map((_, at) => series.reduce((sum, one) => sum + (one.values[at] ?? 0), 0));
  const most = Math.max(1, ...sums);
  const scale = (value: number) => (value / most) * (WIDTH - LABEL - 90);
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${labels.length * ROW}`} role="img" aria-label={title}>
      {labels.map((label, at) => {
        let x = LABEL;
        return (
          <g key={label} transform={`translate(0 ${at * ROW})`}>
            <text x={LABEL - 8} y={15} text-anchor="end">
              {label.length > 28 ? `${label.slice(0, 27)}…` : label}
            </text>
            {series.map((one) => {
              const width = scale(one.values[at] ?? 0);
              const from = x;
              x += width;
              return <rect key={one.name} x={from} y={3} width={width} height={ROW - 8} data-fill={one.tone} />;
            })}
            <text x={x + 6} y={15} class="value">
              {shown(sums[at] ?? 0)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** A line a series over labels in order. */
export function Lines({
  title,
  labels,
  series,
  shown,
}: {
  title: string;
  labels: readonly string[];
  series: readonly Series[];
  shown: (value: number) => string;
}) {
  const height = 220;
  const [left, right, top, bottom] = [115, 12, 10, 26];
  const most = Math.max(1, ...series.flatMap((one) => one.values));
  const x = (at: number) => left + (at * (WIDTH - left - right)) / Math.max(1, labels.length - 1);
  const y = (value: number) => top + (1 - value / most) * (height - top - bottom);
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={title}>
      {[0, 0.5, 1].map((share) => (
        <g key={share}>
          <line x1={left} x2={WIDTH - right} y1={y(most * share)} y2={y(most * share)} class="grid" />
          <text x={left - 8} y={y(most * share) + 4} text-anchor="end">
            {shown(most * share)}
          </text>
        </g>
      ))}
      {labels.map((label, at) => (
        <text
          key={label}
          x={x(at)}
          y={height - 8}
          text-anchor={at === 0 ? "start" : at === labels.length - 1 ? "end" : "middle"}
        >
          {label}
        </text>
      ))}
      {series.map((one) => (
        <g key={one.name} data-stroke={one.tone} data-fill={one.tone}>
          <polyline points={one.values.map((value, at) => `${x(at)},${y(value)}`).join(" ")} fill="none" />
          {one.values.map((value, at) => (
            <circle key={labels[at]} cx={x(at)} cy={y(value)} r={3} />
          ))}
        </g>
      ))}
    </svg>
  );
}
