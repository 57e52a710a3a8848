export interface Peer<Request, Answer> {
  /** What its first line says. */
  readonly about: Readonly<Record<string, unknown>>;
  ask(request: Request): Promise<Answer>;
  close(): void;
}
export function openPeer<Request, Answer>(python: string, script: string): Promise<Peer<Request, Answer>>;
export function cpuSeconds(): number;
export function inTurns(
  turns: number,
  ours: () => number,
  theirs: () => number | Promise<number>,
): Promise<[ours: number, theirs: number]>;
