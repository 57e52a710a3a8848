/**
 * What one peer may ask of the coordinator: rates for each address and for each identity, and room for uploads in all. Each
 * question answers 0 to go on, or after how many ms to come again.
 */
import { TokenBuckets, type Rate } from "./token-bucket.ts";

export interface LimitOptions {
  /** New connections of one address: a site behind one address may come back whole after a restart. */
  readonly connectsPerAddress: Rate;
  readonly callsPerAddress: Rate;
  readonly callsPerIdentity: Rate;
  /** Uploaded bytes of one identity. */
  readonly bytesPerIdentity: Rate;
  /** Refused calls of one address, wrong tokens among them: beyond it nothing of that address is looked at. */
  readonly refusalsPerAddress: Rate;
  /** Messages of one client that make no sense, or answers that are none: beyond it the client is cut off until there is room again. */
  readonly strikesPerClient: Rate;
  /** Open connections of one address, and in all. */
  readonly connectionsPerAddress: number;
  readonly connections: number;
  /** Bytes of uploads that are under way, all clients together. */
  readonly uploadBytes: number;
}

const megabyte = 1 << 20;

export const defaultLimits: LimitOptions = {
  connectsPerAddress: { perSecond: 200, burst: 4000 },
  callsPerAddress: { perSecond: 2000, burst: 20_000 },
  callsPerIdentity: { perSecond: 100, burst: 500 },
  bytesPerIdentity: { perSecond: 200 * megabyte, burst: 1024 * megabyte },
  refusalsPerAddress: { perSecond: 5, burst: 50 },
  strikesPerClient: { perSecond: 1 / 30, burst: 30 },
  connectionsPerAddress: 12_000,
  connections: 20_000,
  uploadBytes: 4096 * megabyte,
};

export class Limits {
  readonly options: LimitOptions;
  readonly #now: () => number;
  readonly #connects: TokenBuckets;
  readonly #addressCalls: TokenBuckets;
  readonly #identityCalls: TokenBuckets;
  readonly #bytes: TokenBuckets;
  readonly #refusals: TokenBuckets;
  readonly #strikes: TokenBuckets;
  /** Addresses and clients, and until when. */
  readonly #barred = new Map<string, number>();
  readonly #open = new Map<string, number>();
  #connections = 0;
  #uploading = 0;

  constructor(options: Partial<LimitOptions> = {}, now: () => number = () => performance.now()) {
    this.options = { ...defaultLimits, ...options };
    this.#now = now;
    this.#connects = new TokenBuckets(this.options.connectsPerAddress);
    this.#addressCalls = new TokenBuckets(this.options.callsPerAddress);
    this.#identityCalls = new TokenBuckets(this.options.callsPerIdentity);
    this.#bytes = new TokenBuckets(this.options.bytesPerIdentity);
    this.#refusals = new TokenBuckets(this.options.refusalsPerAddress);
    this.#strikes = new TokenBuckets(this.options.strikesPerClient);
  }

  /** A connection of `address`: what ends it, or undefined when there are too many. */
  connect(address: string): (() => void) | undefined {
    const open = this.#open.get(address) ?? 0;
    if (this.#connections >= this.options.connections || open >= this.options.connectionsPerAddress) return undefined;
    if (this.#connects.take(address, 1, this.#now()) > 0) return undefined;
    this.#open.set(address, open + 1);
    this.#connections++;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#connections--;
      const left = this.#open.get(address)! - 1;
      if (left === 0) this.#open.delete(address);
      else this.#open.set(address, left);
    };
  }

  /** A call, before anything else is looked at. */
  call(address: string): number {
    return this.barred(address) || this.#addressCalls.take(address, 1, this.#now());
  }

  /** How long an address or a client still has nothing to ask here. */
  barred(name: string): number {
    const left = (this.#barred.get(name) ?? 0) - this.#now();
    if (left > 0) return Math.ceil(left);
    this.#barred.delete(name);
    return 0;
  }

  callOf(identity: string): number {
    return this.#identityCalls.take(identity, 1, this.#now());
  }

  /** Counts a refusal of `address`; too many bar it for a while. */
  refused(address: string): void {
    this.#count(this.#refusals, address);
  }

  /** Counts a message of `client` that makes no sense: for how many ms that bars it. */
  strike(client: string): number {
    return this.#count(this.#strikes, client);
  }

  #count(buckets: TokenBuckets, name: string): number {
    const now = this.#now();
    const wait = buckets.take(name, 1, now);
    if (wait > 0) this.#barred.set(name, now + wait);
    return wait;
  }

  bytesOf(identity: string, bytes: number): number {
    return this.#bytes.take(identity, bytes, this.#now());
  }

  /** Room for an upload of so many bytes: what gives it back, or undefined when there is none at the moment. One upload always has room. */
  upload(bytes: number): (() => void) | undefined {
    if (this.#uploading > 0 && this.#uploading + bytes > this.options.uploadBytes) return undefined;
    this.#uploading += bytes;
    let ended = false;
    return () => {
      if (!ended) this.#uploading -= bytes;
      ended = true;
    };
  }
}
