import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Leases } from "../../../server/fleet/leases.ts";
import { Roster } from "../../../server/fleet/roster.ts";
import { createLogger } from "../../../server/telemetry/logger.ts";
import type { Order } from "../../../shared/protocol/orders.ts";

interface TestLink {
  readonly sent: Order[];
  closed: boolean;
  send(order: Order): void;
  close(): void;
}

function link(): TestLink {
  const sent: Order[] = [];
  return {
    sent,
    closed: false,
    send: (order) => sent.push(order),
    close() {
      this.closed = true;
    },
  };
}

describe("a roster", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const open = () => {
    const left: string[] = [];
    const roster = new Roster({
      heartbeatMs: 4000,
      silenceMs: 12_000,
      now: () => Date.now(),
      log: createLogger("silent"),
    });
    roster.listen({ left: (worker, reason) => left.push(`${worker}: ${reason}`) });
    return { roster, left };
  };

  test("lets the newest of two connections of one identity win, and sends the older away", () => {
    const { roster, left } = open();
    const [older, newer] = [link(), link()];
    const before = roster.attend("clinic-1", older);
    roster.attend("clinic-1", newer);
    expect(older.closed).toBe(true);
    expect(older.sent).toMatchObject([{ kind: "goodbye" }]);
    before.end("the connection broke"); // the end of the older one is no news of the newer
    expect(roster.workers).toEqual(["clinic-1"]);
    expect(roster.send("clinic-1", { kind: "heartbeat" })).toBe(true);
    expect(newer.sent).toEqual([{ kind: "heartbeat" }]);
    expect(left).toEqual(["clinic-1: connected anew"]);
  });

  test("takes nobody for gone because it stood still itself, and whoever is silent after that for gone", () => {
    const { roster, left } = open();
    roster.attend("clinic-1", link());
    vi.setSystemTime(Date.now() + 60_000); // a minute in which this process did not run
    vi.advanceTimersByTime(11_000);
    expect(left).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(left).toEqual(["clinic-1: silent for 12 s"]);
  });

  test("asks those it sends away to come back one after the other", () => {
    const { roster } = open();
    const links = Array.from({ length: 1000 }, link);
    links.forEach((one, i) => roster.attend(`c${i}`, one));
    roster.dismiss("shutting down", 1000);
    const after = links.map(({ sent, closed }) => {
      expect(closed).toBe(true);
      const [order] = sent;
      return order?.kind === "goodbye" ? order.returnAfterMs! : NaN;
    });
    expect(after[0]).toBe(1000);
    after.slice(1).forEach((ms, i) => {
      expect(ms - after[i]!).toBeGreaterThan(5); // a handshake of mTLS
    });
    expect(roster.workers).toEqual([]);
  });

  test("finds a peer that has fallen silent within 15 s, though its connection stands, and keeps one that beats", () => {
    const { roster, left } = open();
    const [silent, beating] = [link(), link()];
    roster.attend("silent", silent);
    const beats = roster.attend("beating", beating);
    for (let second = 1; second <= 15; second++) {
      vi.advanceTimersByTime(1000);
      if (second % 4 === 0) beats.signal({ kind: "heartbeat", doing: "working" });
    }
    expect(left).toEqual(["silent: silent for 12 s"]);
    expect(silent.closed).toBe(true);
    expect(roster.workers).toEqual(["beating"]);
    expect(beating.sent.length).toBeGreaterThanOrEqual(3); // it hears heartbeats too
  });
});

describe("leases", () => {
  const lease = (worker: string) => ({
    client: worker,
    worker: () => worker,
    open: () => Promise.resolve({ sha256: "", size: 0 }),
    fail: () => undefined,
    broke: () => undefined,
  });

  test("are touched by their own worker alone", () => {
    const leases = new Leases();
    const token = leases.grant(lease("a"));
    expect(leases.find(token, "a").client).toBe("a");
    expect(() => leases.find(token, "b")).toThrow(expect.objectContaining({ code: "forbidden" }) as Error);
    expect(() => leases.find("nobody's", "a")).toThrow(expect.objectContaining({ code: "unknown-lease" }) as Error);
  });

  test("take no answer once they are over, and say what has become of the question", () => {
    const leases = new Leases();
    const token = leases.grant(lease("a"));
    leases.end(token, "7.0.0.0 is over");
    expect(() => leases.find(token, "a")).toThrow(/not wanted any more: 7\.0\.0\.0 is over/);
    expect(() => leases.find(token, "a")).toThrow(expect.objectContaining({ code: "stale-round" }) as Error);
  });
});
