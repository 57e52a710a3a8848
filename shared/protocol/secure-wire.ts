/** What makes sums secure ↔ the messages of proto/tasks.proto. Whoever reads gets copies: nothing is a view of a receive buffer. */
import { TributaryError } from "../errors.ts";
import { defined, nothingLeft } from "./exact.ts";
import type { Advertised, Circle, Masking, SecureTask } from "./secure.ts";
import type * as wireAdvertised from "./wire/tributary/v1/Advertised.ts";
import type * as wireMasking from "./wire/tributary/v1/Masking.ts";
import type * as wireSecure from "./wire/tributary/v1/SecureTask.ts";

type Bytes = Readonly<Record<string, Uint8Array>>;

export function secureMessage(task: SecureTask, client: string): wireSecure.SecureTask {
  const { step, round, attempt } = task;
  const common = { step, round, attempt };
  switch (task.step) {
    case "keys": {
      const { kind: _, step: _step, round: _round, attempt: _attempt, ...rest } = task;
      nothingLeft(rest);
      return common;
    }
    case "shares": {
      const { kind: _, step: _step, round: _round, attempt: _attempt, circle, ...rest } = task;
      nothingLeft(rest);
      return { ...common, circle: circleMessage(circle) };
    }
    case "confirm": {
      const { kind: _, step: _step, round: _round, attempt: _attempt, survivors, ...rest } = task;
      nothingLeft(rest);
      return { ...common, survivors: [...survivors] };
    }
    case "unmask": {
      const { kind: _, step: _step, round: _round, attempt: _attempt, ...of } = task;
      const { circle, dealt, survivors, confirmations, ...rest } = of;
      nothingLeft(rest);
      return {
        ...common,
        circle: circleMessage(circle),
        dealt: Object.fromEntries(dealt.get(client) ?? []),
        survivors: [...survivors],
        confirmations: Object.fromEntries(confirmations),
      };
    }
  }
}

/** Throws "invalid-data" for a step that this version does not know. */
export function secureTaskFrom(message: wireSecure.SecureTask__Output, client: string): SecureTask {
  const { step, round, attempt, circle, dealt, survivors, confirmations } = message;
  const common = { kind: "secure", round, attempt } as const;
  switch (step) {
    case "keys":
      return { ...common, step };
    case "shares":
      return { ...common, step, circle: circleFrom(circle) };
    case "confirm":
      return { ...common, step, survivors };
    case "unmask":
      return {
        ...common,
        step,
        circle: circleFrom(circle),
        dealt: new Map([[client, bytesFrom(dealt)]]),
        survivors,
        confirmations: bytesFrom(confirmations),
      };
    default:
      throw new TributaryError("invalid-data", `step: expected keys, shares, confirm or unmask, got "${step}"`);
  }
}

export function maskingMessage(
  { attempt, circle, dealt, largestWeight, ...rest }: Masking,
  client: string,
): wireMasking.Masking {
  nothingLeft(rest);
  const own = Object.fromEntries(dealt.get(client) ?? []);
  return { attempt, circle: circleMessage(circle), dealt: own, largestWeight };
}

export function maskingFrom(message: wireMasking.Masking__Output | null, client: string): Masking | undefined {
  if (message === null) return undefined;
  const { attempt, circle, dealt, largestWeight } = message;
  return defined<Masking>({
    attempt,
    circle: circleFrom(circle),
    dealt: new Map([[client, bytesFrom(dealt)]]),
    largestWeight,
  });
}

const circleMessage = (circle: Circle): Record<string, wireAdvertised.Advertised> =>
  Object.fromEntries(
    [...circle].map(([name, { identity, sealing, masking, commitment, signature, ...rest }]) => {
      nothingLeft(rest);
      return [name, { identity, sealing, masking, commitment, signature }];
    }),
  );

const circleFrom = (circle: Readonly<Record<string, wireAdvertised.Advertised__Output>>): Circle =>
  new Map(
    Object.entries(circle).map(([name, { identity, sealing, masking, commitment, signature }]) => [
      name,
      defined<Advertised>({
        identity: Uint8Array.from(identity),
        sealing: Uint8Array.from(sealing),
        masking: Uint8Array.from(masking),
        commitment: Uint8Array.from(commitment),
        signature: Uint8Array.from(signature),
      }),
    ]),
  );

const bytesFrom = (bytes: Bytes): ReadonlyMap<string, Uint8Array> =>
  new Map(Object.entries(bytes).map(([name, own]) => [name, Uint8Array.from(own)]));
