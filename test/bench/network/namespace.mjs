/** A machine of its own, as far as the network goes: a namespace at the other end of a link. Needs root and iproute2. */
import { execFileSync } from "node:child_process";

/**
 * Goes with this process. `near` and `host` are the addresses of the two ends, `within` runs a command at the far one.
 *
 * @param rate of the link in both directions, as the kernel's tbf takes it: 100mbit; as fast as it is when left out
 */
export function namespace(rate) {
  const name = `tributary-${process.pid}`;
  const [near, far] = [`tn${process.pid}`, `tf${process.pid}`];
  const run = (command, words) => execFileSync(command, words, { stdio: ["ignore", "ignore", "inherit"] });
  const ip = (...words) => run("ip", words);
  ip("netns", "add", name);
  process.on("exit", () => ip("netns", "del", name));
  ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name);
  ip("addr", "add", "10.213.7.1/30", "dev", near);
  ip("link", "set", near, "up");
  ip("-n", name, "addr", "add", "10.213.7.2/30", "dev", far);
  ip("-n", name, "link", "set", far, "up");
  if (rate !== undefined) {
    const limit = ["root", "tbf", "rate", rate, "burst", "256kb", "latency", "50ms"];
    run("tc", ["qdisc", "add", "dev", near, ...limit]);
    run("tc", ["-n", name, "qdisc", "add", "dev", far, ...limit]);
  }
  return {
    near: "10.213.7.1",
    host: "10.213.7.2",
    within: ["ip", "netns", "exec", name],
    /** Nothing arrives any more at either end, and neither is told. */
    cut: () => ip("link", "set", near, "down"),
    heal: () => ip("link", "set", near, "up"),
  };
}
