// How much does the network cost? After `npm run build`:
//
//     node test/bench/network.mjs transfer [MB] [--rate 100mbit]   100 MB up and down beside a plain http2 stream: on loopback, or over a limited link
//     node test/bench/network.mjs idle [N] [--tls]     memory of a coordinator for each of N idle clients
//     node test/bench/network.mjs restart [N]          from the start of a killed coordinator to its port, and until N workers are back
//     node test/bench/network.mjs memory [M parameters] [cohort …]   the most memory of a coordinator for cohorts of 4 and 64 clients
//     node test/bench/network.mjs hashes [rounds]      one model hash: simulated, and by a daemon with four workers over mTLS
//     node test/bench/network.mjs partition [times]    a link that is cut: when both ends find it, and when the worker is back
//     node test/bench/network.mjs soak [minutes] [rounds]   memory, descriptors and disk of a daemon and four workers, run after run, workers killed
//
// Nothing here decides a test. Machine and results: README.md.
import { beClients, idle, restart } from "./network/crowd.mjs";
import { hashes } from "./network/hashes.mjs";
import { beTrainees, memory } from "./network/memory.mjs";
import { partition } from "./network/partition.mjs";
import { soak } from "./network/soak.mjs";
import { bePeer, transfer } from "./network/transfer.mjs";

const questions = { transfer, idle, restart, memory, hashes, partition, soak };
const parts = { clients: beClients, trainees: beTrainees, peer: bePeer }; // processes that a question starts
const [question, size, ...flags] = process.argv.slice(2);
const asked = { ...questions, ...parts }[question];
if (asked === undefined) {
  console.error(`Expected one of ${Object.keys(questions).join(", ")}, got ${question ?? "nothing"}`);
  process.exit(2);
}
await asked(size, flags);
if (question in questions) process.exit();
