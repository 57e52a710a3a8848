/**
 * The log: one JSON object per line on stderr, one line per change of state. Fields carry the words of the domain
 * (`round`, `from`, `to`, `client`, `waitedMs`); never a feature, a label or a single update. Pure code has no logger.
 *
 *     log.info({ round: 7, from: "exchanging", to: "aggregating", receipts: 9, waitedMs: 5210 }, "round advanced");
 */
import { destination, pino, type Logger } from "pino";

export type { Logger };
export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** @param level "silent" in code that is called as a library, "warn" under a command, unless `TRIBUTARY_LOG` says otherwise. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    destination({ fd: 2, sync: true }),
  );
}

/** The level that the environment variable TRIBUTARY_LOG asks for, or the given one. */
export function logLevel(fallback: LogLevel): LogLevel {
  const asked = process.env["TRIBUTARY_LOG"];
  return logLevels.find((level) => level === asked) ?? fallback;
}
