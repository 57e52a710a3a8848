/** A front as a picture: SVG, one panel for each pair of objectives. */
export interface PlottedPoint {
  readonly label: string;
  readonly losses: readonly number[];
  readonly onFront: boolean;
  /** What it was picked as. */
  readonly picked: string | undefined;
}

const size = 260;
const margin = { left: 62, right: 18, top: 26, bottom: 46 };
const width = size + margin.left + margin.right;
const height = size + margin.top + margin.bottom;
const mostPanels = 6;

export function frontPicture(title: string, objectives: readonly string[], points: readonly PlottedPoint[]): string {
  const pairs = objectives
    .flatMap((_, i) => objectives.slice(i + 1).map((__, k) => [i, i + 1 + k] as const))
    .slice(0, mostPanels);
  const columns = Math.min(3, pairs.length);
  const [wide, high] = [columns * width, Math.ceil(pairs.length / columns) * height + 34];
  const panels = pairs.map((pair, i) => {
    const [x, y] = [(i % columns) * width, Math.floor(i / columns) * height + 34];
    return `<g transform="translate(${x} ${y})">${panel(objectives, points, pair)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${high}" width="${wide}" height="${high}" font-family="system-ui, sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="14" y="22" font-size="14" font-weight="600" fill="#1b1f24">${escaped(title)}</text>`,
    ...panels,
    "</svg>\n",
  ].join("\n");
}

function panel(
  objectives: readonly string[],
  points: readonly PlottedPoint[],
  [i, j]: readonly [number, number],
): string {
  const xs = scaleOf(points.map(({ losses }) => losses[i]!));
  const ys = scaleOf(points.map(({ losses }) => losses[j]!));
  const x = (value: number): number => margin.left + xs.at(value) * size;
  const y = (value: number): number => margin.top + (1 - ys.at(value)) * size;
  const grid = [
    ...xs.ticks.map(
      (tick) =>
        `<path d="M${fixed(x(tick))} ${margin.top}V${margin.top + size}" stroke="#e3e6ea"/><text x="${fixed(x(tick))}" y="${margin.top + size + 15}" text-anchor="middle" fill="#57606a">${label(tick)}</text>`,
    ),
    ...ys.ticks.map(
      (tick) =>
        `<path d="M${margin.left} ${fixed(y(tick))}H${margin.left + size}" stroke="#e3e6ea"/><text x="${margin.left - 6}" y="${fixed(y(tick) + 4)}" text-anchor="end" fill="#57606a">${label(tick)}</text>`,
    ),
  ];
  const front = points.filter(({ onFront }) => onFront).sort((a, b) => a.losses[i]! - b.losses[i]!);
  const line = front
    .map(({ losses }, k) => `${k === 0 ? "M" : "L"}${fixed(x(losses[i]!))} ${fixed(y(losses[j]!))}`)
    .join("");
  const dots = points.map(({ losses, onFront, picked, label: name }) => {
    const [cx, cy] = [fixed(x(losses[i]!)), fixed(y(losses[j]!))];
    const dot = `<circle cx="${cx}" cy="${cy}" r="${picked === undefined ? 4 : 6}" fill="${onFront ? "#0969da" : "#ffffff"}" stroke="${picked === undefined ? "#0969da" : "#bc4c00"}" stroke-width="${picked === undefined ? 1 : 2.5}"><title>${escaped(name)}</title></circle>`;
    const right = Number(cx) < margin.left + 0.75 * size;
    return picked === undefined
      ? dot
      : `${dot}<text x="${fixed(Number(cx) + (right ? 10 : -10))}" y="${fixed(Number(cy) - 7)}" text-anchor="${right ? "start" : "end"}" fill="#bc4c00">${escaped(picked)}</text>`;
  });
  return [
    ...grid,
    ...(objectives.length === 2 ? [`<path d="${line}" fill="none" stroke="#0969da" stroke-opacity="0.45"/>`] : []),
    ...dots,
    `<text x="${margin.left + size / 2}" y="${margin.top + size + 36}" text-anchor="middle" fill="#1b1f24">${escaped(objectives[i]!)}</text>`,
    `<text transform="translate(15 ${margin.top + size / 2}) rotate(-90)" text-anchor="middle" fill="#1b1f24">${escaped(objectives[j]!)}</text>`,
  ].join("\n");
}

/** A range with some air, and three marks in it. */
function scaleOf(values: readonly number[]): { at: (value: number) => number; ticks: readonly number[] } {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const air = 0.06 * (high - low || Math.abs(high) || 1);
  const [from, to] = [low - air, high + air];
  return {
    at: (value) => (value - from) / (to - from),
    ticks: [0.1, 0.5, 0.9].map((share) => from + share * (to - from)),
  };
}

const fixed = (value: number): string => value.toFixed(1);
const label = (value: number): string => String(Number(value.toPrecision(3)));
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
