/**
 * Where in a run an exchange stands. Offers, uploads, receipts and the journal are keyed by (run, place, client): a second answer
 * to one place is the same answer again or a mistake.
 */
export interface Place {
  readonly round: number;
  /** How often this round has been drawn before. */
  readonly attempt: number;
  /** Position among the exchanges of the round. */
  readonly exchange: number;
  /** How often an exchange of this round had to be asked again. */
  readonly pass: number;
}

/** `7.0.1.0`: round 7, first attempt, second exchange, first pass. */
export const placeName = ({ round, attempt, exchange, pass }: Place): string =>
  [round, attempt, exchange, pass].join(".");
