/**
 * A round that looks ahead: it learns at the model, takes the step that would follow, learns anew where that leads, and takes
 * the second slope from where it began.
 *
 *     θ½ = step(θ, g(θ))        θ⁺ = step(θ, g(θ½))        the extragradient, on the same rows both times
 *
 * For players whose goals pull against each other: on f = xy, one going down and one up, simultaneous steps of rate η move away
 * by √(1 + η²) each round; these come nearer by √(1 − η² + η⁴).
 *
 * Source  Korpelevich (1976); Gidel et al. (2019)
 */
import type { Vector } from "../../shared/protocol/task.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import type { Learning } from "./learning.ts";
import type { ExchangePolicy } from "./round.ts";
import type { Exchange } from "./run-round.ts";

/** `ahead` learns at the model, `learn` makes the learning at the point that `step` reaches from there. */
export function lookingAhead(
  ahead: Learning,
  step: (sum: PartialSum) => Vector,
  learn: (parameters: () => Vector) => Learning,
): Learning {
  let point: Vector | undefined;
  const learning = learn(() => (point ??= step(ahead.sum())));
  const [first, ...others] = ahead.exchanges;
  const forgetting: Exchange = {
    ...first,
    open(participants) {
      point = undefined;
      return first.open(participants);
    },
  };
  const [begin, ...later] = ahead.policies;
  const named = (policy: ExchangePolicy): ExchangePolicy => ({ ...policy, name: `${policy.name} ahead` });
  return {
    ...learning,
    exchanges: [forgetting, ...others, ...learning.exchanges],
    policies: [
      named(begin),
      ...later.map(named),
      ...learning.policies.map((policy) => ({ ...policy, leavers: "redo" as const })), // the point was made with those who left
    ],
    broken: () => [...new Set([...ahead.broken(), ...learning.broken()])].sort(),
    overflowed: () => ahead.overflowed() || learning.overflowed(),
    unbounded: () => [...ahead.unbounded(), ...learning.unbounded()],
  };
}
