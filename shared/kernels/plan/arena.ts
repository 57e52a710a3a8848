/**
 * The arena of temporaries: byte ranges handed out and taken back while a plan is made, never while it runs. The
 * smallest free range that fits is used (best fit); neighbouring free ranges grow together.
 */
export interface Arena {
  allocate(bytes: number): number;
  free(offset: number): void;
  /** The most bytes that were ever in use, holes included. */
  readonly bytes: number;
}

/** Bytes in a cache line: every tensor of its own starts at one. */
export const alignment = 64;
export const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

export function createArena(): Arena {
  let top = 0;
  let free: { offset: number; bytes: number }[] = []; // in the order of their offsets
  const used = new Map<number, number>();

  return {
    get bytes() {
      return top;
    },
    allocate(wanted) {
      const bytes = Math.max(aligned(wanted), alignment);
      const fitting = free.filter((range) => range.bytes >= bytes);
      const best = fitting.reduce<(typeof free)[number] | undefined>(
        (a, b) => (a !== undefined && a.bytes <= b.bytes ? a : b),
        undefined,
      );
      let offset: number;
      if (best !== undefined) {
        offset = best.offset;
        best.offset += bytes;
        best.bytes -= bytes;
        free = free.filter((range) => range.bytes > 0);
      } else {
        const last = free[free.length - 1];
        if (last !== undefined && last.offset + last.bytes === top) {
          offset = last.offset; // the free end of the arena grows
          free.pop();
        } else offset = top;
        top = offset + bytes;
      }
      used.set(offset, bytes);
      return offset;
    },
    free(offset) {
      const bytes = used.get(offset);
      if (bytes === undefined) return;
      used.delete(offset);
      free.push({ offset, bytes });
      free.sort((a, b) => a.offset - b.offset);
      free = free.reduce<typeof free>((merged, range) => {
        const before = merged[merged.length - 1];
        if (before !== undefined && before.offset + before.bytes === range.offset) before.bytes += range.bytes;
        else merged.push(range);
        return merged;
      }, []);
    },
  };
}
