import CliTable from "cli-table3";

/** Rows of cells under a heading, without rules. By default the first column is flush left, the others flush right. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  aligned: readonly ("left" | "right")[] = heading.map((_, i) => (i === 0 ? "left" : "right")),
): string {
  const lines = new CliTable({
    head: [...heading],
    colAligns: [...aligned],
    chars: {
      top: "",
      "top-mid": "",
      "top-left": "",
      "top-right": "",
      bottom: "",
      "bottom-mid": "",
      "bottom-left": "",
      "bottom-right": "",
      left: "",
      "left-mid": "",
      mid: "",
      "mid-mid": "",
      right: "",
      "right-mid": "",
      middle: "",
    },
    style: { head: [], border: [], "padding-left": 2, "padding-right": 0 },
  });
  lines.push(...rows.map((row) => [...row]));
  return lines.toString().replace(/ +$/gm, "");
}
