/**
 * Lines for a reader who may be slow, or stopped: a terminal that was paused, a pipe whose other end hangs. They are written as he takes
 * them; up to `limitBytes` wait, and what comes beyond that is dropped and counted, so that neither time nor memory is his to take. The
 * first line that he takes again says how many he has missed.
 */
export interface LineReader {
  /** Answers false when it has enough for the moment, and "drain" follows. */
  write(text: string): unknown;
  /** Bytes that wait; 0 of one that takes everything at once. */
  readonly writableLength?: number;
}

export class LineSink {
  readonly #reader: LineReader;
  readonly #missed: (lines: number) => string;
  readonly #limitBytes: number;
  #dropped = 0;
  #untold = 0;

  /** @param missed what a reader is told who has missed so many lines */
  constructor(reader: LineReader, missed: (lines: number) => string, limitBytes = 8 << 20) {
    this.#reader = reader;
    this.#missed = missed;
    this.#limitBytes = limitBytes;
  }

  /** Lines that nobody will read. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    const waiting = this.#reader.writableLength ?? 0;
    if (waiting > this.#limitBytes) {
      this.#dropped++;
      this.#untold++;
      return;
    }
    if (this.#untold > 0) {
      this.#reader.write(this.#missed(this.#untold));
      this.#untold = 0;
    }
    this.#reader.write(line);
  }
}
