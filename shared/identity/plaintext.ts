/** Where a connection without TLS is bearable: on the machine itself, and elsewhere only where somebody has said so. */
import { TributaryError } from "../errors.ts";

/** 127.0.0.0/8, ::1 and localhost. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || host === "[::1]" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

/** The flag that allows it: everybody on the way can read everything, and forge it. */
export const plaintextFlag = "--insecure-plaintext";

/** What listens on every address of a machine. */
const isAnywhere = (host: string): boolean => host === "0.0.0.0" || host === "::";

/** Throws "invalid-option" for plaintext with another machine, unless `allowed`. */
export function mustBearPlaintext(host: string, allowed: boolean): void {
  if (isLoopback(host) || allowed) return;
  throw new TributaryError(
    "invalid-option",
    `${host} ${isAnywhere(host) ? "is reached from other machines" : "is another machine"}: expected --keys with a kit (tributary keys init), or ${plaintextFlag}`,
  );
}

/** `host:port`, `[::1]:7000`. Throws "invalid-option" for anything else. */
export function splitAddress(flag: string, text: string): { host: string; port: number } {
  const found = /^(\[[0-9a-fA-F:.]+\]|[^:\s]+):(\d{1,5})$/.exec(text);
  const port = Number(found?.[2]);
  if (found === null || port > 65_535)
    throw new TributaryError("invalid-option", `${flag}: expected HOST:PORT, got ${JSON.stringify(text)}`);
  return { host: found[1]!.replace(/^\[|\]$/g, ""), port };
}
