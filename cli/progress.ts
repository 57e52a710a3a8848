import { counted, duration } from "./format.ts";

/** One line that is rewritten in place, for a terminal only; elsewhere it says nothing. */
export interface Progress {
  /** Shows that `done` of `total` rounds are over after `elapsedMs`; `note` ends the line. Rewrites at most every 50 ms. */
  show(done: number, total: number, elapsedMs: number, note: string): void;
  /** Wipes the line, so that other text can be written. */
  clear(): void;
}

export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const silent: Progress = { show: () => undefined, clear: () => undefined };

export function createProgress(stream: Terminal): Progress {
  if (stream.isTTY !== true) return silent;
  let shownAt = -Infinity;
  return {
    show(done, total, elapsedMs, note) {
      if (elapsedMs - shownAt < 50 && done < total) return;
      shownAt = elapsedMs;
      const line = progressLine(done, total, elapsedMs, note);
      stream.write(`\r\u001b[2K${line.slice(0, (stream.columns ?? 80) - 1)}`);
    },
    clear() {
      stream.write("\r\u001b[2K");
    },
  };
}

/** `  ━━━━━━━━━━━━────────  60/100 rounds · 42.0 rounds/s · 1.0 s to go · note` */
export function progressLine(done: number, total: number, elapsedMs: number, note: string): string {
  const width = 20;
  const filled = Math.round((width * done) / Math.max(1, total));
  const parts = [`  ${"━".repeat(filled)}${"─".repeat(width - filled)}  ${done}/${counted(total, "round")}`];
  if (done > 0 && elapsedMs > 0) {
    parts.push(`${((done * 1000) / elapsedMs).toFixed(1)} rounds/s`);
    if (done < total) parts.push(`${duration((elapsedMs / done) * (total - done))} to go`);
  }
  if (note !== "") parts.push(note);
  return parts.join(" · ");
}
