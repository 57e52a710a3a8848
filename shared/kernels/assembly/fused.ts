/**
 * A group of elementwise instructions, chunk by chunk (plan/group.ts):
 *
 *     [fused, length, elements, chunk, members × (number, y, a, b, c)]      y, a, b, c: (address, bytes per element)
 *
 * A chunk starts at element s; an operand of 0 bytes per element is a slot of scratch, the same for every chunk. A member that is an
 * expand reads what its elements s … s + count − 1 repeat: (number, y, (x, times), (inner, –), –); one number that is repeated
 * everywhere is still in its slot after the first chunk. A member that is a sum adds up all elements, chunk after chunk:
 * (number, (y, 0), x, (partial sums, 0), –).
 */
import { elementwise } from "./elementwise-switch";
import { expandRange_f32, expandRange_f64 } from "./expand";
import * as op from "./opcodes";
import { sumPiece } from "./reduce";

/** Bytes of a member: nine words. */
@inline const MEMBER: usize = 36;

// prettier-ignore
@inline function operand(pair: usize, start: usize): usize { return <usize>load<u32>(pair) + <usize>load<u32>(pair, 4) * start; }

export function fused<T>(code: usize): void {
  const elements = load<i32>(code, 8), chunk = load<i32>(code, 12);
  const first = code + 16, end = code + (<usize>load<u32>(code, 4) << 2);
  for (let start = 0; start < elements; start += chunk) {
    const count = min(chunk, elements - start), from = <usize>start;
    for (let member = first; member < end; member += MEMBER) {
      const opcode = load<i32>(member), y = operand(member + 4, from);
      if (opcode == op.expand) {
        const x = <usize>load<u32>(member, 12), times = load<i32>(member, 16), inner = load<i32>(member, 20);
        if (start > 0 && times == elements) continue;
        if (sizeof<T>() == 4) expandRange_f32(start, count, times, inner, x, y);
        else expandRange_f64(start, count, times, inner, x, y);
      } else if (opcode == op.sum) {
        sumPiece<T>(start, count, elements, operand(member + 12, from), <usize>load<u32>(member, 20), y);
      } else elementwise<T>(opcode, count, y, operand(member + 12, from), operand(member + 20, from), operand(member + 28, from));
    }
  }
}
