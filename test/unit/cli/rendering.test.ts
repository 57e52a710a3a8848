import { describe, expect, test } from "vitest";
import { colours, wantsColour } from "../../../cli/colours.ts";
import { counted, decimal, duration, whole } from "../../../cli/format.ts";
import { createProgress, progressLine } from "../../../cli/progress.ts";
import { sparkline } from "../../../cli/sparkline.ts";
import { table } from "../../../cli/table.ts";

describe("sparkline", () => {
  test("runs from the lowest block to the highest", () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
    expect(sparkline([3, 2, 1])).toBe("█▅▁");
  });
  test("lies on the ground when nothing varies", () => {
    expect(sparkline([2, 2, 2])).toBe("▁▁▁");
  });
  test("averages what does not fit", () => {
    const values = Array.from({ length: 1000 }, (_, i) => i);
    expect(sparkline(values, 8)).toBe("▁▂▃▄▅▆▇█");
    expect(sparkline(values, 8)).toHaveLength(8);
  });
  test("leaves a gap where a value is not a number, and is empty for no values", () => {
    expect(sparkline([0, NaN, 1, Infinity])).toBe("▁ █ ");
    expect(sparkline([])).toBe("");
  });
});

describe("numbers", () => {
  test("keep four digits, or as many as they need", () => {
    expect([0, 0.41804, 12.345, 120.44, 1204.4, 2.5e-5, 3e9].map(decimal)).toEqual([
      "0.0000",
      "0.4180",
      "12.35",
      "120.4",
      "1,204",
      "2.50e−5",
      "3.00e+9",
    ]);
  });
  test("that are not there, or not finite, are said so", () => {
    expect([undefined, NaN, Infinity, -Infinity, -0.5].map(decimal)).toEqual(["–", "–", "∞", "−∞", "−0.5000"]);
  });
  test("of time carry their unit", () => {
    expect([340, 7300, 59_960, 245_000, 7_800_000].map(duration)).toEqual([
      "340 ms",
      "7.3 s",
      "60.0 s",
      "4 min 05 s",
      "2 h 10 min",
    ]);
  });
  test("of things carry their noun", () => {
    expect([counted(1, "round"), counted(1200, "round"), whole(60000)]).toEqual(["1 round", "1,200 rounds", "60,000"]);
  });
});

test("a table lines up its columns, numbers to the right", () => {
  const lines = table(
    ["client", "rows"],
    [
      ["va", "85"],
      ["cleveland", "199"],
    ],
  )
    .split("\n")
    .map((line) => line.trimEnd());
  expect(lines).toEqual(["  client     rows", "  va           85", "  cleveland   199"]);
});

describe("progress", () => {
  test("says how far, how fast and how long", () => {
    expect(progressLine(50, 100, 2000, "loss 0.5")).toBe(
      "  ━━━━━━━━━━──────────  50/100 rounds · 25.0 rounds/s · 2.0 s to go · loss 0.5",
    );
    expect(progressLine(0, 1, 0, "")).toBe("  ────────────────────  0/1 round");
  });
  test("is silent where there is no terminal", () => {
    const written: string[] = [];
    createProgress({ write: (text) => written.push(text) }).show(1, 2, 100, "");
    expect(written).toEqual([]);
  });
  test("rewrites one line that fits the terminal, at most every 50 ms, and always the last", () => {
    const written: string[] = [];
    const progress = createProgress({ isTTY: true, columns: 30, write: (text) => written.push(text) });
    for (const elapsed of [10, 20, 30]) progress.show(1, 9, elapsed, "");
    progress.show(9, 9, 31, "");
    expect(written).toHaveLength(2);
    expect(written[0]!.replace("\r\u001b[2K", "")).toHaveLength(29);
  });
});

test("colour is for terminals, and NO_COLOR turns it off", () => {
  expect(wantsColour({ isTTY: true }, {})).toBe(true);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColour({}, {})).toBe(false);
  expect(colours(true).bold("a")).toBe("\u001b[1ma\u001b[22m");
  expect(colours(false).red("a")).toBe("a");
});
