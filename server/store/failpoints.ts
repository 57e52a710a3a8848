/**
 * Places at which a test may end this process, or make its disk fail: round every step that makes something durable. Off, unless the
 * environment variable TRIBUTARY_FAILPOINT names one:
 *
 *     TRIBUTARY_FAILPOINT=blob.renamed          killed there, as by `kill -9`
 *     TRIBUTARY_FAILPOINT=blob.renamed@3        the third time it comes there
 *     TRIBUTARY_FAILPOINT=blob.written@2=EIO    a system call fails there with this error, once (EIO, ENOSPC)
 *
 * A test compares this table with the source: every name is passed at exactly one place.
 */
export const failpoints = {
  "start.locked": "the lock is taken, nothing has been read",
  "start.scanned": "the write-ahead log is sound, SQLite has not opened it",
  "start.fenced": "the new epoch is on disk",
  "start.swept": "what killed uploads have left is gone",
  "upload.written": "a chunk of an update is in its temporary file",
  "blob.written": "a file's bytes are beside, not synced",
  "blob.synced": "a file's bytes are on disk under their temporary name",
  "blob.renamed": "a file has its name, its folder is not synced",
  "blob.kept": "a file is durable, and no row names it",
  "journal.begun": "a transaction has begun, its epoch is checked",
  "journal.applied": "a transaction is made, not synced",
  "journal.committed": "a transaction is on disk, nobody has been told",
  "journal.flushed": "the write-ahead log has been copied into the database",
  "round.closed": "the final participants of a pass are on disk",
  "round.stepped": "the new model is computed, nothing of it is on disk",
  "round.committed": "the round is on disk, nobody has been told",
  "joiner.prepared": "a client that came late is prepared, nothing of it is on disk",
  "joiner.admitted": "it is a member from this round on, on disk; the round has not begun",
  "sweep.checked": "a file that no row names is about to go",
  "sweep.removed": "it is gone",
} as const;

export type Failpoint = keyof typeof failpoints;

interface Armed {
  readonly name: string;
  left: number;
  readonly error: string | undefined;
}

const armed = parse(process.env["TRIBUTARY_FAILPOINT"]);

function parse(text: string | undefined): Armed | undefined {
  const found = /^([a-z.]+)(?:@(\d+))?(?:=([A-Z]+))?$/.exec(text ?? "");
  return found === null ? undefined : { name: found[1]!, left: Number(found[2] ?? 1), error: found[3] };
}

export function failpoint(name: Failpoint): void {
  if (armed?.name !== name || --armed.left !== 0) return;
  if (armed.error === undefined) process.kill(process.pid, "SIGKILL");
  else throw Object.assign(new Error(`${armed.error}: injected at ${name}`), { code: armed.error, syscall: name });
}
