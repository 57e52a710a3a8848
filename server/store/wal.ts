/**
 * The write-ahead log, read before SQLite does. SQLite takes every frame up to the first whose checksum fails and forgets the rest
 * without a word, so that one flipped bit in the middle would take back what was acknowledged. A torn tail, on the other hand, is what
 * every crash leaves. They are told apart:
 *
 *     tail      the first bad frame is followed by no end of a transaction of this log's generation (its salt)
 *     damage    it is followed by one, or SQLite's index of the log, which outlives a `kill -9`, knows of more frames than are sound
 *
 * The tail stays where it is until the next transactions are written over it; nothing is cut here, since a process that was stopped in
 * the middle of one may go on.
 *
 * Layout (sqlite.org/fileformat2.html §4): a header of 32 bytes, then frames of 24 bytes and a page; each checksum goes on from the one
 * before, over the first 8 bytes of the frame's header and its page.
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { TributaryError } from "../../shared/errors.ts";

export interface WalScan {
  /** Frames up to the last commit: what SQLite will read. */
  readonly frames: number;
  /** Frames after them, of a transaction that was never finished; they are written over. */
  readonly torn: number;
}

const headerBytes = 32;
const frameHeaderBytes = 24;

/** Throws "corrupt-journal" with the file and the offset of what is damaged. Leaves the file as it is. */
export function scanWal(file: string): WalScan {
  if (!existsSync(file)) return { frames: 0, torn: 0 };
  const handle = openSync(file, "r");
  try {
    const size = fstatSync(handle).size;
    if (size < headerBytes) return { frames: 0, torn: 0 };
    return scanFrames(file, size, (at, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(handle, bytes, 0, length, at));
    });
  } finally {
    closeSync(handle);
  }
}

function scanFrames(file: string, size: number, read: (at: number, length: number) => Buffer): WalScan {
  const header = read(0, headerBytes);
  const magic = header.readUInt32BE(0);
  const bigEndian = magic === 0x377f0683;
  let sum = checksum(header.subarray(0, 24), [0, 0], bigEndian);
  if ((!bigEndian && magic !== 0x377f0682) || !isSum(header, 24, sum)) {
    throw damaged(file, 0, "the log's header does not fit its checksum");
  }
  const pageBytes = header.readUInt32BE(8);
  const salt = header.subarray(16, 24);
  const frameBytes = frameHeaderBytes + pageBytes;
  const count = Math.floor((size - headerBytes) / frameBytes);
  const offsetOf = (frame: number): number => headerBytes + frame * frameBytes;
  let committed = 0;
  let sound = 0;
  for (; sound < count; sound++) {
    const frame = read(offsetOf(sound), frameBytes);
    const next = checksum(frame.subarray(frameHeaderBytes), checksum(frame.subarray(0, 8), sum, bigEndian), bigEndian);
    if (!salt.equals(frame.subarray(8, 16)) || !isSum(frame, 16, next)) break;
    sum = next;
    if (frame.readUInt32BE(4) > 0) committed = sound + 1;
  }
  let torn = sound - committed;
  for (let later = sound; later < count; later++) {
    const header = read(offsetOf(later), frameHeaderBytes);
    if (!salt.equals(header.subarray(8, 16))) continue;
    torn++;
    if (later === sound || header.readUInt32BE(4) === 0) continue; // of a transaction that did not come to its end
    const what = `frame ${sound} does not fit its checksum, and frame ${later} ends a transaction after it`;
    throw damaged(file, offsetOf(sound), what);
  }
  const known = framesKnown(file, salt);
  if (known > committed) {
    throw damaged(
      file,
      offsetOf(sound),
      `frame ${sound} does not fit its checksum, and ${known} frames were committed`,
    );
  }
  return { frames: committed, torn };
}

/**
 * How many frames SQLite's shared index says were committed; 0 when there is none, or it is of another log. The index is written
 * after the frames are on disk, so what it knows of was durable. It is made anew after a power failure.
 */
function framesKnown(wal: string, salt: Buffer): number {
  const file = wal.replace(/-wal$/, "-shm");
  if (!existsSync(file)) return 0;
  const index = readFileSync(file).subarray(0, 48);
  if (index.length < 48 || index[12] !== 1 || index[13] !== 0) return 0; // not initialized, or of another byte order
  if (!isSum(index, 40, checksum(index.subarray(0, 40), [0, 0], false), "native")) return 0;
  return salt.equals(index.subarray(32, 40)) ? index.readUInt32LE(16) : 0;
}

/**
 * Makes the chain of checksums anew over the frames as they are, so that SQLite reads all of them; answers with the offsets at which
 * it did not fit. Whether a frame's page is what was written is then for the rows' own checksums to say.
 */
export function mendWal(file: string, write: (file: string, bytes: Uint8Array) => void): number[] {
  if (!existsSync(file)) return [];
  const bytes = readFileSync(file);
  if (bytes.length < headerBytes) return [];
  const pageBytes = bytes.readUInt32BE(8);
  const frameBytes = frameHeaderBytes + pageBytes;
  const bigEndian = bytes.readUInt32BE(0) === 0x377f0683;
  const salt = bytes.subarray(16, 24);
  const offsets = Array.from(
    { length: Math.floor((bytes.length - headerBytes) / frameBytes) },
    (_, i) => headerBytes + i * frameBytes,
  );
  const last = offsets.findLastIndex(
    (at) => salt.equals(bytes.subarray(at + 8, at + 16)) && bytes.readUInt32BE(at + 4) > 0,
  );
  const mended: number[] = [];
  const put = (at: number, sum: readonly [number, number], offset: number): void => {
    if (isSum(bytes, at, sum)) return;
    mended.push(offset);
    sum.forEach((word, i) => bytes.writeUInt32BE(word, at + 4 * i));
  };
  let sum = checksum(bytes.subarray(0, 24), [0, 0], bigEndian);
  put(24, sum, 0);
  for (const at of offsets.slice(0, last + 1)) {
    salt.copy(bytes, at + 8);
    const page = bytes.subarray(at + frameHeaderBytes, at + frameBytes);
    sum = checksum(page, checksum(bytes.subarray(at, at + 8), sum, bigEndian), bigEndian);
    put(at + 16, sum, at);
  }
  if (mended.length > 0) write(file, bytes.subarray(0, headerBytes + (last + 1) * frameBytes));
  return mended.slice(0, 1); // those after it followed from it
}

/** s₀ += x₂ₖ + s₁, s₁ += x₂ₖ₊₁ + s₀ over 32-bit words, modulo 2³². */
function checksum(bytes: Buffer, [a, b]: readonly [number, number], bigEndian: boolean): [number, number] {
  let [s0, s1] = [a, b];
  for (let at = 0; at < bytes.length; at += 8) {
    s0 = (s0 + (bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + s1) >>> 0;
    s1 = (s1 + (bigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + s0) >>> 0;
  }
  return [s0, s1];
}

const isSum = (
  bytes: Buffer,
  at: number,
  [s0, s1]: readonly [number, number],
  order: "big" | "native" = "big",
): boolean =>
  order === "big"
    ? bytes.readUInt32BE(at) === s0 && bytes.readUInt32BE(at + 4) === s1
    : bytes.readUInt32LE(at) === s0 && bytes.readUInt32LE(at + 4) === s1;

const damaged = (file: string, offset: number, what: string): TributaryError =>
  new TributaryError(
    "corrupt-journal",
    `${file} is damaged at offset ${offset}: ${what}. What was written after it would be forgotten: restore a backup, or see tributary journal repair`,
  );
