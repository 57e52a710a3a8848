import { expect, test } from "vitest";
import { emptyAnswer, type Answer } from "../../../shared/protocol/answer.ts";
import { contentOf, numbersOf, bytesOf, type Content } from "../../../shared/protocol/content.ts";
import { decodeAnswer, encodeAnswer } from "../../../shared/protocol/answer-wire.ts";
import { decodeTask, encodeTask } from "../../../shared/protocol/task-wire.ts";
import type { Advertised } from "../../../shared/protocol/secure.ts";
import type { Task, Vector } from "../../../shared/protocol/task.ts";
import { Random } from "../../../shared/random.ts";

const seed = Number(process.env["SEED"] ?? 7);
const random = Random.seeded(seed);
const doubles = (count: number): Float64Array => Float64Array.from({ length: count }, () => random.normal() * 1e30);
const ints = (count: number): Int32Array => Int32Array.from({ length: count }, () => random.integer(1 << 30));
const parameters = doubles(20_000); // more than comes along with a message
const multipliers = { "a/s": doubles(3), "a/t": doubles(1) };

const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => random.integer(256));
const advertised = (): Advertised => ({
  identity: bytes(32),
  sealing: bytes(32),
  masking: bytes(32),
  commitment: bytes(32),
  signature: bytes(64),
});
const circle = new Map([
  ["a", advertised()],
  ["c", advertised()],
]);
const dealt = new Map([["c", new Map([["a", bytes(144)]])]]);
const masking = { attempt: 2, circle, dealt, largestWeight: 1 / 3 };

/** Every kind, with every optional field there and with none. */
const tasks: readonly Task[] = [
  { kind: "statistics" },
  { kind: "prepare" },
  { kind: "prepare", standardization: { columns: ["x", "y=1"], fill: [0, -0], center: [1e-300, 2], scale: [1, 0.1] } },
  { kind: "train", round: 7, parameters, learningRate: 0.1, totals: [3, 0] },
  {
    kind: "train",
    round: 4_000_000_000,
    parameters,
    learningRate: 1e-320,
    totals: [1 / 3, 5],
    scale: 65536,
    weights: [0.25, 4],
    turns: new Map([["c", 3]]),
    committed: new Map([["c", 0]]),
    clipNorm: 0.125,
    multipliers,
  },
  { kind: "sums", round: 1, parameters },
  { kind: "sums", round: 1, parameters, sketches: true },
  { kind: "sums", round: 1, parameters, batch: new Map([["c", ints(5)]]) },
  { kind: "gradient", round: 2, parameters },
  {
    kind: "gradient",
    round: 2,
    parameters,
    batch: new Map([["c", new Int32Array(0)]]),
    multipliers,
    scale: 0.5,
    along: doubles(4),
  },
  { kind: "train", round: 3, parameters, learningRate: 1, totals: [1], masking },
  { kind: "gradient", round: 3, parameters, masking },
  { kind: "secure", step: "keys", round: 3, attempt: 1 },
  { kind: "secure", step: "shares", round: 3, attempt: 1, circle },
  { kind: "secure", step: "confirm", round: 3, attempt: 1, survivors: ["a", "b", "c"] },
  {
    ...{ kind: "secure", step: "unmask", round: 3, attempt: 0, circle, dealt, survivors: ["a", "c"] },
    confirmations: new Map([["a", bytes(64)]]),
  },
  { kind: "evaluate", parameters, part: "train" },
  { kind: "evaluate", parameters, part: "test" },
  { kind: "evaluate", parameters, part: "test", personal: true, committed: new Map([["c", 3]]) },
];

const carried = new Map<string, Uint8Array>();
const carry = (bytes: Uint8Array): Content => {
  const content = contentOf(bytes);
  carried.set(content.sha256, bytes);
  return content;
};
const model = (values: Vector) => ({ dtype: "float64", values: carry(bytesOf(values)) }) as const;
const load = ({ bytes, sha256 }: Content): Promise<Uint8Array> => Promise.resolve(bytes ?? carried.get(sha256)!);

test.each(tasks.map((task) => [task.kind, task] as const))("a %s task arrives as it was sent", async (_kind, task) => {
  expect(await decodeTask(encodeTask(task, { client: "c", model }), "c", load)).toEqual(task);
});

test("a client is told nothing of the others", async () => {
  const turns = new Map([
    ["c", 1],
    ["d", 2],
  ]);
  const sent = encodeTask(
    { kind: "train", round: 1, parameters, learningRate: 1, totals: [1], turns },
    { client: "d", model },
  );
  expect(await decodeTask(sent, "d", load)).toMatchObject({ turns: new Map([["d", 2]]) });
  const masked = encodeTask({ kind: "gradient", round: 1, parameters, masking }, { client: "d", model });
  expect(await decodeTask(masked, "d", load)).toMatchObject({ masking: { dealt: new Map([["d", new Map()]]) } });
});

test("an answer arrives as it was sent, to the last bit", () => {
  const exact = { total: "-0x1f", nan: 0, positive: 1, negative: 0 };
  const column = { count: 2, missing: 1, sum: exact, squares: exact, least: null, greatest: -0.5 };
  const answer: Answer = {
    ...emptyAnswer("c", [{ name: "a" }], 1 / 3),
    steps: 12,
    clipped: { examples: 3, update: 1 },
    overflow: 1,
    nonFinite: 2,
    norm: 5e-324,
    lost: true,
    contributions: [{ objective: "a", examples: 2 ** 53 - 1, ignored: 0, numerator: -1e308, denominator: 0.1 }],
    sums: { "metric/a/auc/ranks": doubles(9) },
    statistics: {
      rows: 3,
      table: [column],
      targets: { t: { count: 1, missing: 0, classes: [1, 0] }, u: { count: 0, missing: 3 } },
    },
    secure: { identity: bytes(32), signature: bytes(64) },
  };
  expect(decodeAnswer(encodeAnswer(answer), "c")).toEqual(answer);
  const empty = emptyAnswer("c", [{ name: "a" }], 1);
  expect(decodeAnswer(encodeAnswer(empty), "c")).toEqual(empty);
});

test("bytes that are no message are refused, whatever they are", async () => {
  for (let trial = 0; trial < 200; trial++) {
    const sent = encodeTask(tasks[trial % tasks.length]!, { client: "c", model });
    const bytes = sent.slice(0, random.integer(sent.length + 1));
    if (bytes.length > 0) bytes[random.integer(bytes.length)] = random.integer(256);
    const outcome = await decodeTask(bytes, "c", load).catch((error: unknown) => error);
    if (outcome instanceof Error)
      expect(outcome, `seed ${seed}, trial ${trial}`).toMatchObject({ name: "TributaryError" });
  }
});

test("numbers are copied out of a receive buffer, aligned", () => {
  const buffer = new Uint8Array(17).fill(7);
  const view = numbersOf("float64", buffer.subarray(1, 17), "x");
  expect(view.byteOffset % 8).toBe(0);
  buffer.fill(0);
  expect(view[0]).not.toBe(0);
  expect(() => numbersOf("float64", buffer, "totals")).toThrow(
    /totals: expected float64 numbers of 8 bytes each, got 17 bytes/,
  );
});
