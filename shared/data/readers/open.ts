/** Opening data files: as a stream or whole, through gunzip when the name ends in `.gz`. */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { promisify } from "node:util";
import { createGunzip, gunzip } from "node:zlib";
import { TributaryError } from "../../errors.ts";

/**
 * A whole gzip file, unpacked into one piece: its last four bytes say how long it will be (modulo 2³²), and deflate packs
 * 1032 to 1 at the very best, so a broken file cannot ask for more memory than that.
 */
function unzip(packed: Buffer): Promise<Uint8Array> {
  const length = packed.length < 4 ? 0 : packed.readUInt32LE(packed.length - 4);
  return promisify(gunzip)(packed, { chunkSize: Math.max(65536, Math.min(length, 1032 * packed.length)) });
}

const isGzip = (path: string): boolean => path.endsWith(".gz");

/** "invalid-data" for whatever is wrong inside a file: the place, then what is wrong. */
export const invalidData = (place: string, problem: string, cause?: unknown): TributaryError =>
  new TributaryError("invalid-data", `${place}: ${problem}`, { cause });

function cannotOpen(path: string, wantedBy: string | undefined, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  const wanted = wantedBy === undefined ? "" : `, wanted by ${wantedBy}`;
  if (code === "ENOENT") return new TributaryError("missing-file", `No file ${path}${wanted}`, { cause: error });
  if (code === "EISDIR") return invalidData(path, `is a folder, expected a file${wanted}`, error);
  if (code?.startsWith("Z_") === true) return invalidData(path, "is not a whole gzip file", error);
  return code === undefined ? (error as Error) : invalidData(path, `cannot be read (${code})${wanted}`, error);
}

/** All bytes of a file. Throws "missing-file" with the path and what wanted it. */
export async function readBytes(path: string, wantedBy?: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    return isGzip(path) ? await unzip(bytes) : bytes;
  } catch (error) {
    throw cannotOpen(path, wantedBy, error);
  }
}

/** Lets `consume` read a file piece by piece; the file is closed whatever happens. */
export async function readStream<Result>(
  path: string,
  wantedBy: string | undefined,
  consume: (stream: Readable) => Promise<Result>,
): Promise<Result> {
  const file = createReadStream(path);
  // pipeline hands an error of the file on to the consumer of the unzipped stream, where it is thrown.
  const stream = isGzip(path) ? pipeline(file, createGunzip(), () => undefined) : file;
  try {
    return await consume(stream);
  } catch (error) {
    throw error instanceof TributaryError ? error : cannotOpen(path, wantedBy, error);
  } finally {
    file.destroy();
    stream.destroy();
  }
}
