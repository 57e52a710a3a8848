/** A front as a picture: SVG, one panel for each pair of objectives. */
export interface PlottedPoint {
  readonly label: string;
  readonly losses: readonly number[];
  readonly onFront: boolean;
  /** What it was picked as. */
  readonly picked: string | undefined;
}

const margin = { left: 62, right: 18, top: 26, bottom: 46 };
const header = 52;
const mostPanels = 6;

export function frontPicture(title: string, objectives: readonly string[], points: readonly PlottedPoint[]): string {
  const pairs = objectives
    .flatMap((_, i) => objectives.slice(i + 1).map((__, k) => [i, i + 1 + k] as const))
    .slice(0, mostPanels);
  const columns = Math.min(3, pairs.length);
  const size = pairs.length === 1 ? 420 : 260;
  const [width, height] = [size + margin.left + margin.right, size + margin.top + margin.bottom];
  const [wide, high] = [columns * width, Math.ceil(pairs.length / columns) * height + header];
  const panels = pairs.map((pair, i) => {
    const [x, y] = [(i % columns) * width, Math.floor(i / columns) * height + header];
    return `<g transform="translate(${x} ${y})">${panel(objectives, points, pair, size)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${high}" width="${wide}" height="${high}" font-family="system-ui, sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="14" y="22" font-size="14" font-weight="600" fill="#1b1f24">${escaped(title)}</text>`,
    `<g transform="translate(20 40)" fill="#57606a">${legend}</g>`,
    ...panels,
    "</svg>\n",
  ].join("\n");
}

const legend = [
  `<circle r="4" fill="#0969da" stroke="#0969da"/><text x="10" y="4">on the front</text>`,
  `<circle cx="98" r="4" fill="#ffffff" stroke="#0969da"/><text x="108" y="4">dominated</text>`,
  `<circle cx="184" r="5" fill="#0969da" stroke="#bc4c00" stroke-width="2.5"/><text x="195" y="4">picked</text>`,
].join("");

function panel(
  objectives: readonly string[],
  points: readonly PlottedPoint[],
  [i, j]: readonly [number, number],
  size: number,
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
    `<text x="${margin.left + size / 2}" y="${margin.top + size + 36}" text-anchor="middle" fill="#1b1f24">${escaped(objectives[i]!)}, loss</text>`,
    `<text transform="translate(15 ${margin.top + size / 2}) rotate(-90)" text-anchor="middle" fill="#1b1f24">${escaped(objectives[j]!)}, loss</text>`,
  ].join("\n");
}

/** A range with some air, and round numbers in it. */
function scaleOf(values: readonly number[]): { at: (value: number) => number; ticks: readonly number[] } {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const air = 0.06 * (high - low || Math.abs(high) || 1);
  const [from, to] = [low - air, high + air];
  const step = roundStep((to - from) / 4);
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  return {
    at: (value) => (value - from) / (to - from),
    ticks: Array.from({ length: count }, (_, k) => (first + k) * step),
  };
}

/** The largest of … 0.1, 0.2, 0.5, 1, 2, 5, 10 … that is not above `most`. */
function roundStep(most: number): number {
  let unit = 1;
  while (unit > most) unit /= 10;
  while (unit * 10 <= most) unit *= 10;
  return [5, 2, 1].map((factor) => factor * unit).find((step) => step <= most) ?? unit;
}

const fixed = (value: number): string => value.toFixed(1);
const label = (value: number): string => String(Number(value.toPrecision(6)));
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
