/** Numbers as people read them. */

/** Four significant digits, never an exponent between 0.001 and 999,999: 0.4181, 12.35, 1,204. Absent and NaN are a dash. */
export function decimal(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return minus(value.toExponential(2));
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 4;
  return minus(value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
}

/** A whole number with its thousands apart: 60,000. */
export const whole = (value: number): string => minus(value.toLocaleString("en-GB", { maximumFractionDigits: 0 }));

/** 192 B, 51.4 kB, 1.20 MB, 3.41 GB: powers of 1000. */
export function bytesInWords(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; bytes >= 999.5 && unit < units.length - 1; unit++) bytes /= 1000;
  return `${unit === 0 ? String(bytes) : bytes.toPrecision(3)} ${units[unit]!}`;
}

/** A stretch of time: 340 ms, 7.3 s, 4 min 05 s, 2 h 10 min. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${pad(Math.round(seconds) % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** A count with its noun: 1 round, 3 rounds. */
export const counted = (count: number, noun: string): string => `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;

const pad = (value: number): string => String(value).padStart(2, "0");
const minus = (text: string): string => text.replace("-", "−");
