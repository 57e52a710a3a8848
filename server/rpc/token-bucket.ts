/**
 * A token bucket: `burst` at once, `perSecond` in the long run. Pure but for its own state; time is an argument, in ms of a clock
 * that never steps back.
 *
 *     bucket.take(1, now)    // 0: go on; 250: not before 250 ms have passed, and nothing has been taken
 */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #at: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Takes `amount`, or says how many ms are missing. An amount beyond the burst waits for a full bucket, and leaves a debt. */
  take(amount: number, now: number): number {
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
    const missing = Math.min(amount, burst) - this.#tokens;
    if (missing > 0) return Math.ceil((missing / perSecond) * 1000);
    this.#tokens -= amount;
    return 0;
  }

  /** Whether it would be full by now, so that forgetting it changes nothing. */
  isFull(now: number): boolean {
    return this.#tokens + ((now - this.#at) / 1000) * this.#rate.perSecond >= this.#rate.burst;
  }
}

/** A bucket for each key. Those that are full again are forgotten, so that its size follows who has been busy lately. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, TokenBucket>();
  #sweepAt = 1024;

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  get size(): number {
    return this.#buckets.size;
  }

  take(key: string, amount: number, now: number): number {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#sweepAt) this.#sweep(now);
      bucket = new TokenBucket(this.#rate, now);
      this.#buckets.set(key, bucket);
    }
    return bucket.take(amount, now);
  }

  #sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(key);
    this.#sweepAt = Math.max(1024, 2 * this.#buckets.size);
  }
}
