/**
 * What a daemon counts, for Prometheus. Labels are runs, algorithms and outcomes: few, and known to the operator. A client is never
 * a label: who takes part is nobody's business who can read a graph.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RunEvent } from "../events.ts";

/** What a run is called in labels. */
export interface RunLabels {
  readonly run: string;
  /** fedsgd, fedavg, … */
  readonly algorithm: string;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #rounds = this.#counter("tributary_rounds_total", "Rounds by how they ended", [
    "run",
    "algorithm",
    "outcome",
  ]);
  readonly #updates = this.#counter("tributary_updates_total", "Updates that became part of a model", [
    "run",
    "algorithm",
  ]);
  readonly #runs = this.#counter("tributary_runs_total", "Runs by how they ended", ["run", "algorithm", "outcome"]);
  readonly #calls = this.#counter("tributary_calls_total", "Calls by method and status", ["method", "outcome"]);
  readonly #refusals = this.#counter("tributary_refusals_total", "What was refused before any handler, by status", [
    "outcome",
  ]);
  readonly #bytes = this.#counter("tributary_bytes_total", "Bytes of models, programs and updates", ["direction"]);
  /** Run → metric → its labels, once each. */
  readonly #ofRuns = new Map<string, Map<OfRuns, Map<string, Record<string, string>>>>();
  readonly #answers: Histogram;
  readonly #seconds: Histogram;
  readonly #loss: Gauge;

  constructor() {
    const registers = [this.#registry];
    this.#seconds = new Histogram({
      name: "tributary_round_seconds",
      help: "How long rounds take",
      labelNames: ["run", "algorithm"],
      buckets: [0.01, 0.1, 1, 10, 60, 300, 1800, 7200, 43_200],
      registers,
    });
    this.#answers = new Histogram({
      name: "tributary_answer_seconds",
      help: "From an offer to the receipt of its answer",
      buckets: [0.01, 0.1, 1, 10, 60, 300, 1800, 7200, 43_200],
      registers,
    });
    this.#loss = new Gauge({
      name: "tributary_training_loss",
      help: "Of the last round, by objective",
      labelNames: ["run", "algorithm", "objective"],
      registers,
    });
    collectDefaultMetrics({ register: this.#registry });
  }

  readonly contentType = this.#registry.contentType;

  /** In Prometheus's text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** What an event of a run adds. */
  observe(event: RunEvent, labels: RunLabels): void {
    if (event.event === "round") {
      this.#rounds.inc(this.#series(this.#rounds, { ...labels, outcome: event.skipped ? "skipped" : "committed" }));
      this.#updates.inc(this.#series(this.#updates, { ...labels }), event.clients);
      this.#seconds.observe(this.#series(this.#seconds, { ...labels }), event.seconds);
      for (const [objective, loss] of Object.entries(event.losses))
        if (loss !== null) this.#loss.set(this.#series(this.#loss, { ...labels, objective }), loss);
    } else if (event.event === "abandoned")
      this.#rounds.inc(this.#series(this.#rounds, { ...labels, outcome: "abandoned" }));
    else if (event.event === "finished")
      this.#runs.inc(this.#series(this.#runs, { ...labels, outcome: event.stopReason }));
  }

  /** Takes note of a run's series. Those of at most so many runs are kept, the ones heard of last: a daemon carries thousands in a year. */
  #series(metric: OfRuns, labels: RunLabels & Record<string, string>): Record<string, string> {
    const { run } = labels;
    const known = this.#ofRuns.get(run) ?? new Map<OfRuns, Map<string, Record<string, string>>>();
    const own = known.get(metric) ?? new Map<string, Record<string, string>>();
    known.set(metric, own.set(Object.values(labels).join("\n"), labels));
    this.#ofRuns.delete(run);
    this.#ofRuns.set(run, known); // the newest last
    const [oldest] = this.#ofRuns;
    if (this.#ofRuns.size > runsKept && oldest !== undefined) {
      this.#ofRuns.delete(oldest[0]);
      for (const [one, series] of oldest[1]) for (const each of series.values()) one.remove(each);
    }
    return labels;
  }

  call(method: string, outcome: string): void {
    this.#calls.inc({ method, outcome });
  }

  refusal(outcome: string): void {
    this.#refusals.inc({ outcome });
  }

  moved(direction: "up" | "down", bytes: number): void {
    this.#bytes.inc({ direction }, bytes);
  }

  answered(ms: number): void {
    this.#answers.observe(ms / 1000);
  }

  /** A number that is asked for when somebody looks. */
  gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value());
      },
    });
  }

  #counter(name: string, help: string, labelNames: readonly string[]): Counter {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }
}

const runsKept = 100;

interface OfRuns {
  remove(labels: Record<string, string>): void;
}
