/** Which versions of the protocol this software speaks, and how two parties find one they both do. */
export const oldestProtocol = 1;
export const newestProtocol = 1;

/** The metadata key that names the session in every call after Enroll. */
export const sessionKey = "tributary-session";

/** The newest that both speak; undefined where there is none. */
export function commonProtocol(oldest: number, newest: number): number | undefined {
  const common = Math.min(newest, newestProtocol);
  return common >= Math.max(oldest, oldestProtocol) ? common : undefined;
}
