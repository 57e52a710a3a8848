/** What a worker tells whoever watches it: each state as a line of JSON, or what is new in words. */
import { examine, type Examined } from "../client/doctor/doctor.ts";
import type { SessionState } from "../client/session.ts";
import { print, type Context } from "./context.ts";

type Tell = (state: SessionState) => void;

export const newsInJson =
  ({ stdout }: Context): Tell =>
  (state) =>
    void stdout.write(`${JSON.stringify({ event: "state", ...state })}\n`);

/** A connection that does not come about is examined as `tributary doctor` does it, since gRPC does not know why. */
export function newsInWords(examined: Examined, context: Context): Tell {
  const isNews = newsOnly();
  return (state) => {
    if (!isNews(state)) return;
    print(context, inWords(state));
    if (state.state !== "disconnected" || !state.reason.includes("no connection comes about")) return;
    void firstWrong(examined).then((finding) => {
      if (finding !== undefined) print(context, `  why: ${finding}`);
    });
  };
}

async function firstWrong(examined: Examined): Promise<string | undefined> {
  for await (const { state, message } of examine(examined)) if (state === "wrong") return message;
  return undefined;
}

/** What a person has not just read: that it works for a run is told once, and a coordinator that is away, or refuses, is told of once a minute, however often it is tried. */
function newsOnly(everyMs = 60_000): (state: SessionState) => boolean {
  let trouble: { readonly reason: string; readonly at: number } | undefined;
  const runs = new Set<string>();
  return (state) => {
    if (state.state === "working") return runs.size < runs.add(state.run).size;
    if (state.state === "dismissed") runs.delete(state.run);
    if (state.state === "joining") return trouble === undefined;
    if (state.state !== "disconnected") {
      trouble = undefined;
      return true;
    }
    const now = performance.now();
    if (trouble?.reason === state.reason && now - trouble.at < everyMs) return false;
    trouble = { reason: state.reason, at: now };
    return true;
  };
}

function inWords(state: SessionState): string {
  switch (state.state) {
    case "joining":
      return "joining";
    case "waiting":
      return "connected, waiting for work";
    case "working":
      return `working for ${state.run}`;
    case "refusing":
      return `no part in ${state.run}: ${state.reason}`;
    case "dismissed":
      return `no more part in ${state.run}: ${state.reason}`;
    case "disconnected":
      return `disconnected, and tried again and again: ${state.reason}`;
    case "leaving":
      return "leaving";
  }
}
