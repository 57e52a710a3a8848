/**
 * Secure sums: the coordinator learns what many clients' updates come to together, and nothing of any one of them (Bonawitz et al., 2017).
 * A round then has five exchanges, and at each some may leave:
 *
 *     keys      a fresh pair to seal with and a fresh pair to mask with; signed, and the signer pinned    → who is in the circle
 *     shares    of each secret a share for every other, sealed                                           → the dealers
 *     train     x̂ᵢ = q(xᵢ) + PRG(bᵢ) + Σ_{j>i} PRG(s_ij) − Σ_{j<i} PRG(s_ij)   mod 2³²   over the dealers  → the survivors
 *     confirm   each signs who the survivors are
 *     unmask    of each survivor a share of bᵢ, of each other dealer a share of its masking key
 *
 * Masks of two survivors cancel; what dealers who left would have cancelled is made again from their masking keys, and the bᵢ of the
 * survivors are taken off. Both secrets of one client together would show its update: a client gives shares by one list of survivors,
 * which more than half of the circle have signed, and never by a second one. Fewer than the threshold, and nothing is unmasked.
 *
 * A session is one attempt at one round; its keys are never used again. Who the others are a client takes from the first circle it sees in a
 * run, and holds them to it: a coordinator that keeps to the protocol learns sums alone, one that turns to lies later is found out, and one
 * that put keys of its own in everybody's place from the very first round on would not be. Up to 64 clients; each shares a mask with every
 * other. Here is what goes back and forth; `shared/secure/` has the
 * mathematics, `client/secure/` what a client does and refuses, `server/round/secure-learning.ts` the coordinator's part.
 */

/** One client's public keys of one session. */
export interface Advertised {
  /** Who signs: the same in every session of a run. */
  readonly identity: Uint8Array;
  /** X25519, for what is sealed. */
  readonly sealing: Uint8Array;
  /** X25519, for masks. */
  readonly masking: Uint8Array;
  /** SHA-256 of bᵢ: what its shares put together is checked by. */
  readonly commitment: Uint8Array;
  readonly signature: Uint8Array;
}

/** Everybody of the circle, by name. */
export type Circle = ReadonlyMap<string, Advertised>;

/** For each sender what it dealt (`dealt.ts`). */
export type Dealt = ReadonlyMap<string, Uint8Array>;

interface OfSession {
  readonly round: number;
  readonly attempt: number;
}

export type SecureTask = { readonly kind: "secure" } & OfSession &
  (
    | { readonly step: "keys" }
    | { readonly step: "shares"; readonly circle: Circle }
    | { readonly step: "confirm"; readonly survivors: readonly string[] }
    | {
        readonly step: "unmask";
        readonly circle: Circle;
        /** Recipient → what the other dealers dealt it. */
        readonly dealt: ReadonlyMap<string, Dealt>;
        readonly survivors: readonly string[];
        /** Survivor → its signature under the list of survivors. */
        readonly confirmations: ReadonlyMap<string, Uint8Array>;
      }
  );

/** What a training or gradient task says besides, where its answer is to be masked. */
export interface Masking extends Pick<OfSession, "attempt"> {
  readonly circle: Circle;
  readonly dealt: ReadonlyMap<string, Dealt>;
  /** The largest weight among those asked: the unit of levels. */
  readonly largestWeight: number;
}

/**
 * What a client answers to a secure task: bytes by name.
 *
 *     keys      identity, sealing, masking, commitment, signature
 *     shares    recipient → what it is dealt
 *     confirm   signature
 *     unmask    dealer → a share: of bᵢ where it survived, of its masking key where it left
 */
export type SecureAnswer = Readonly<Record<string, Uint8Array>>;
