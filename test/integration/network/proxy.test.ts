import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { proxyFor, tunnelled } from "../../../client/doctor/proxy.ts";
import { temporaryFolder } from "../../support/files.ts";
import { gatedServer, request, type GatedServer } from "../../support/gated-server.ts";

const scratch = temporaryFolder();
let server: GatedServer;
const asked: string[] = [];
const tunnels = new Set<Socket>();
/** A proxy that knows CONNECT and nothing else, and asks for a password. */
const proxy = createServer((_, response) => response.writeHead(405).end()).on(
  "connect",
  (head: IncomingMessage, near: Socket) => {
    asked.push(head.url!);
    tunnels.add(near.on("error", () => undefined));
    if (head.headers["proxy-authorization"] !== `Basic ${Buffer.from("worker:secret").toString("base64")}`) {
      near.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    const far = connect(server.door.port, "127.0.0.1", () => {
      near.write("HTTP/1.1 200 Connection established\r\n\r\n");
      far.pipe(near).pipe(far);
    });
    far.on("error", () => near.destroy());
  },
);

beforeAll(async () => {
  server = await gatedServer(join(scratch.path, "proxied"));
  await server.keys.issue({ ...request, name: "clinic-1", role: "client" });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
});
afterAll(async () => {
  for (const tunnel of tunnels) tunnel.destroy();
  proxy.close();
  await server[Symbol.asyncDispose]();
});

/** Enrols from a process of its own, whose environment names a proxy; answers with "enrolled", or what went wrong. */
async function enrolThrough(environment: Record<string, string>): Promise<string> {
  const child: ChildProcess = fork(
    join(import.meta.dirname, "../../support/enrol.mjs"),
    [server.target, join(server.keys.path, "clinic-1")],
    {
      env: { ...process.env, ...environment },
    },
  );
  const [answer] = (await once(child, "message")) as [string];
  return answer;
}

test("a worker behind an HTTP CONNECT proxy gets through it with mTLS, end to end", async () => {
  const { port } = proxy.address() as AddressInfo;
  const before = asked.length;
  expect(await enrolThrough({ https_proxy: `http://worker:secret@127.0.0.1:${port}` })).toBe("enrolled");
  expect(asked.slice(before)).toEqual([server.target]);
});

test("a proxy that refuses is named as what is in the way", async () => {
  const { port } = proxy.address() as AddressInfo;
  expect(await enrolThrough({ https_proxy: `http://127.0.0.1:${port}` })).not.toBe("enrolled");
  expect(asked.at(-1)).toBe(server.target);
});

test("no_proxy goes straight there", async () => {
  const { port } = proxy.address() as AddressInfo;
  const before = asked.length;
  expect(await enrolThrough({ https_proxy: `http://127.0.0.1:${port}`, no_proxy: "localhost" })).toBe("enrolled");
  expect(asked.length).toBe(before);
});

test("doctor takes the way that gRPC takes, and says what is wrong with it", async () => {
  const { port } = proxy.address() as AddressInfo;
  const way = (variable: string, url: string) => proxyFor("clinic.example", { [variable]: url })!;
  const through = async (url: string): Promise<string> => {
    const { finding, socket } = await tunnelled(way("https_proxy", url), server.target, 5000);
    expect(finding.state).toBe(socket === undefined ? "wrong" : "fine");
    socket?.destroy();
    return finding.message;
  };
  expect(await through(`http://worker:secret@127.0.0.1:${port}`)).toContain(
    `(https_proxy) connects to ${server.target}`,
  );
  expect(await through(`http://127.0.0.1:${port}`)).toContain(
    "407 Proxy Authentication Required: it wants a name and a password",
  );
  expect(await through("http://127.0.0.1:1")).toContain("is not there (ECONNREFUSED): correct https_proxy, or leave");
  expect(way("grpc_proxy", "http://proxy.example").address).toBe("proxy.example:80");
  const both = { https_proxy: "http://a:1", no_proxy: ".internal,clinic.example" };
  expect(proxyFor("clinic.example", both)).toBeUndefined();
  expect(proxyFor("other.example", both)).toMatchObject({ address: "a:1", variable: "https_proxy" });
  expect(proxyFor("other.example", {})).toBeUndefined();
});
