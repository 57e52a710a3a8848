/** Whether what a client says to a step of a secure sum is what was asked, in form: names and sizes, and its own signature under its own keys. */
import type { Advertised, SecureAnswer, SecureTask } from "../../shared/protocol/secure.ts";
import { dealtBytes } from "../../shared/secure/dealt.ts";
import { isSignedBy, keyBytes, signatureBytes } from "../../shared/secure/keys.ts";
import { keysStatement, namesOf } from "../../shared/secure/session.ts";

/** Every problem of the answer; none where it is one. `run` is what keys are signed for. */
export function secureProblems(
  client: string,
  answer: SecureAnswer | undefined,
  task: SecureTask,
  run: string,
): string[] {
  if (answer === undefined) return [`secure: expected an answer to the step "${task.step}", got none`];
  const wanted = sizesOf(client, task);
  const expected = [...wanted.keys()].sort();
  const given = Object.keys(answer).sort();
  if (expected.join("\n") !== given.join("\n"))
    return [`secure: expected ${expected.join(", ")}, got ${given.join(", ") || "none"}`];
  const problems = expected.flatMap((name) =>
    answer[name]!.length === wanted.get(name)
      ? []
      : [`secure.${name}: expected ${wanted.get(name)!} bytes, got ${answer[name]!.length}`],
  );
  if (problems.length > 0 || task.step !== "keys") return problems;
  const keys = answer as unknown as Advertised; // whose names are those that were expected
  const { round, attempt } = task;
  const isSigned = isSignedBy(keys.identity, keysStatement({ run, round, attempt }, client, keys), keys.signature);
  return isSigned ? [] : ["secure.signature: expected that of its identity under its keys, got another"];
}

function sizesOf(client: string, task: SecureTask): Map<string, number> {
  switch (task.step) {
    case "keys": {
      const keys = ["identity", "sealing", "masking", "commitment"].map((name) => [name, keyBytes] as const);
      return new Map([...keys, ["signature", signatureBytes]]);
    }
    case "shares":
      return new Map(
        namesOf(task.circle)
          .filter((name) => name !== client)
          .map((name) => [name, dealtBytes]),
      );
    case "confirm":
      return new Map([["signature", signatureBytes]]);
    case "unmask": {
      const dealers = [client, ...(task.dealt.get(client)?.keys() ?? [])];
      return new Map(dealers.map((name) => [name, keyBytes]));
    }
  }
}
