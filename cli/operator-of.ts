/** How commands reach a coordinator as its operator. */
import { resolve } from "node:path";
import { Operator } from "../client/rpc/operator.ts";
import { readKit } from "../shared/identity/kit.ts";
import { mustBearPlaintext, splitAddress } from "../shared/identity/plaintext.ts";
import type { Context } from "./context.ts";

export interface OperatorFlags {
  readonly coordinator: string;
  readonly keys?: string;
  readonly insecurePlaintext?: boolean;
  readonly json?: boolean;
}

/** Throws "invalid-option" for plaintext with another machine, "invalid-keys" for a kit that is no good. */
export function operatorOf(
  { coordinator, keys, insecurePlaintext = false }: OperatorFlags,
  { cwd }: Context,
): Operator {
  const { host } = splitAddress("--coordinator", coordinator);
  if (keys === undefined) mustBearPlaintext(host, insecurePlaintext);
  return new Operator({ address: coordinator, kit: keys === undefined ? undefined : readKit(resolve(cwd, keys)) });
}
