/**
 * The log: one JSON object per line on stderr, one line per change of state. Fields carry the words of the domain
 * (`round`, `from`, `to`, `client`, `waitedMs`); never a feature, a label or a single update. Pure code has no logger.
 *
 *     {"level":"info","time":"…","round":7,"from":"exchanging",…,"msg":"round advanced"}
 *
 *     log.info({ round: 7, from: "exchanging", to: "aggregating", receipts: 9, waitedMs: 5210 }, "round advanced");
 *
 * Whoever reads it cannot stop who writes it: `line-sink.ts`.
 */
import { pino, type Logger } from "pino";
import { LineSink } from "./line-sink.ts";

export type { Logger };
export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

const time = (): string => `"time":"${new Date().toISOString()}"`;

/** All loggers of the process share it, as they share stderr; opened with the first line. */
let stderr: LineSink | undefined;
const opened = (): LineSink =>
  (stderr ??= new LineSink(
    process.stderr,
    (lines) =>
      `{"level":"warn",${time()},"lines":${lines},"msg":"lines of this log were dropped: nobody read them in time"}\n`,
  ));

/** Lines of the log that its reader did not take. */
export const droppedLogLines = (): number => stderr?.dropped ?? 0;

/** @param level "silent" in code that is called as a library, "warn" under a command, unless `TRIBUTARY_LOG` says otherwise. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    { level, base: null, formatters: { level: (label) => ({ level: label }) }, timestamp: () => `,${time()}` },
    {
      write: (line) => {
        opened().write(line);
      },
    },
  );
}

/** The level that the environment variable TRIBUTARY_LOG asks for, or the given one. */
export function logLevel(fallback: LogLevel): LogLevel {
  const asked = process.env["TRIBUTARY_LOG"];
  return logLevels.find((level) => level === asked) ?? fallback;
}
