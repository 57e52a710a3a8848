/**
 * The folder of one run: everything that is known about it, in formats that need no Tributary to read.
 *
 *     experiment.yaml         as it was written
 *     experiment.json         resolved: every default filled in, the seed and all overrides applied
 *     events.ndjson           what happened, one JSON object per line (server/events.ts)
 *     checkpoints/            round-000010.safetensors …: all that a resumed run needs; best.safetensors
 *     model.safetensors       the model, with experiment and preprocessing in its metadata
 *     cluster-1.safetensors   … of a run with several models: each of them; model.safetensors is then that of the largest cluster
 *     secret                  under privacy: what noise is drawn from; never to be given away with the rest
 *     summary.json            the `finished` event and every client's scores
 */
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { TributaryError } from "../../shared/errors.ts";
import { differencesBetween } from "../../shared/experiment/differences.ts";
import type { RunEvent } from "../events.ts";
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { makeFolder, writeDurably } from "./durable.ts";

const checkpointName = /^round-(\d{6,})\.safetensors$/;

/** Where the runs of a daemon have their folders, in what it is given for its state. */
export const runsFolderOf = (state: string): string => join(state, "runs");

export class RunDirectory {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** A folder for a new run. Throws "invalid-option" when another run is in it. */
  static create(path: string, experiment: unknown, source?: string): RunDirectory {
    if (existsSync(join(path, "experiment.json"))) {
      throw new TributaryError("invalid-option", `${path} already holds a run: resume it, or choose another folder`);
    }
    makeFolder(join(path, "checkpoints"));
    const directory = new RunDirectory(path);
    if (source !== undefined) directory.write("experiment.yaml", source);
    directory.write("experiment.json", json(experiment));
    directory.write("events.ndjson", "");
    return directory;
  }

  /**
   * The folder of a run that is to go on. Throws "corrupt-run" when there is none, or when its experiment is another one:
   * other settings would not give the bits of the uninterrupted run.
   */
  static open(path: string, experiment: unknown): RunDirectory {
    const file = join(path, "experiment.json");
    if (!existsSync(file)) throw new TributaryError("corrupt-run", `${path} holds no run: expected ${file}`);
    if (readFileSync(file, "utf8") !== json(experiment)) {
      throw new TributaryError(
        "corrupt-run",
        `${file} is not the experiment to resume: ${differencesBetween(JSON.parse(readFileSync(file, "utf8")), JSON.parse(json(experiment)))}`,
      );
    }
    return new RunDirectory(path);
  }

  /** What noise is drawn from, made once, for the eyes of its owner alone: who has it can take the noise off the models. */
  secret(): Uint8Array {
    const file = join(this.path, "secret");
    if (!existsSync(file)) writeDurably(file, Uint8Array.from(randomBytes(32)), { mode: 0o600 });
    return Uint8Array.from(readFileSync(file));
  }

  /** As `open`; as `create` where the process was killed before the folder of its run was there. */
  static openOrCreate(path: string, experiment: unknown, source: string): RunDirectory {
    const isThere = existsSync(join(path, "experiment.json"));
    return isThere ? RunDirectory.open(path, experiment) : RunDirectory.create(path, experiment, source);
  }

  /** Writes a file whole or not at all. */
  write(name: string, content: string | Uint8Array): void {
    writeDurably(join(this.path, name), content);
  }

  appendEvent(event: RunEvent): void {
    appendFileSync(join(this.path, "events.ndjson"), `${JSON.stringify(event)}\n`);
  }

  /**
   * Writes a checkpoint, drops all but the `keep` newest, and answers with its path. The events up to here are on disk
   * before the checkpoint is.
   */
  saveCheckpoint(checkpoint: Checkpoint, keep: number): string {
    const events = openSync(join(this.path, "events.ndjson"), "r+");
    try {
      fsyncSync(events);
    } finally {
      closeSync(events);
    }
    const name = `checkpoints/round-${String(checkpoint.model.version).padStart(6, "0")}.safetensors`;
    this.write(name, encodeCheckpoint(checkpoint));
    for (const old of this.#checkpoints().slice(0, -keep)) rmSync(join(this.path, "checkpoints", old));
    return join(this.path, name);
  }

  /** The newest checkpoint, or undefined when the run never came to one. Events that came after it are forgotten. */
  resume(): Checkpoint | undefined {
    const newest = this.#checkpoints().at(-1);
    const file = newest === undefined ? undefined : join(this.path, "checkpoints", newest);
    const checkpoint = file === undefined ? undefined : decodeCheckpoint(readFileSync(file), file);
    this.forgetEventsAfter(checkpoint?.model.version ?? 0);
    return checkpoint;
  }

  #checkpoints(): string[] {
    const folder = join(this.path, "checkpoints");
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => checkpointName.test(name))
      .sort((a, b) => roundOf(a) - roundOf(b));
  }

  /** Keeps the lines up to the last mention of the given round; none before the first. A torn last line is cut. */
  forgetEventsAfter(round: number): void {
    const file = join(this.path, "events.ndjson");
    const kept: string[] = [];
    if (round > 0 && existsSync(file)) {
      for (const [i, line] of readFileSync(file, "utf8").split("\n").slice(0, -1).entries()) {
        const event = eventOf(line, `${file}:${i + 1}`);
        if (event.event === "finished" || ("round" in event && event.round > round)) continue;
        kept.push(`${line}\n`);
      }
    }
    this.write("events.ndjson", kept.join(""));
  }
}

/** A line that the run itself has written. Throws "corrupt-run" when somebody else has been at it. */
function eventOf(line: string, place: string): RunEvent {
  try {
    return JSON.parse(line) as RunEvent;
  } catch (error) {
    throw new TributaryError(
      "corrupt-run",
      `${place} is not an event: expected a JSON object, got ${line.slice(0, 40)}`,
      {
        cause: error,
      },
    );
  }
}

const roundOf = (name: string): number => Number(checkpointName.exec(name)?.[1]);

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
