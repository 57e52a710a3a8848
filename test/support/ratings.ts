/** MovieLens ratings as what people took: users and films counted from 0, in the order of the file. */
import { strFromU8, unzipSync } from "fflate";
import { readFileSync } from "node:fs";

/** A table of user, item and when, from a zip with a `ratings.csv` of userId, movieId, rating, timestamp. */
export function takenIn(zip: string, folder: string): { table: string; users: number; items: number } {
  const lines = strFromU8(unzipSync(readFileSync(zip))[`${folder}/ratings.csv`]!)
    .trim()
    .split("\n")
    .slice(1);
  const cells = lines.map((line) => line.split(",").map(Number));
  const films = [...new Set(cells.map(([, movie]) => movie!))].sort((a, b) => a - b);
  const numberOf = new Map(films.map((id, i) => [id, i]));
  const rows = cells.map(([user, movie, , when]) => [user! - 1, numberOf.get(movie!)!, when!].join(","));
  const users = new Set(cells.map(([user]) => user)).size;
  return { table: ["user,item,when", ...rows].join("\n"), users, items: films.length };
}
