/** What the coordinator answers: whether versions and clocks agree, and whether it lets this kit in. */
import { Client, credentials, Metadata, status, type StatusObject } from "@grpc/grpc-js";
import { tokenIn, type Kit } from "../../shared/identity/kit.ts";
import { kernelsHash } from "../../shared/kernels/module.ts";
import { newestProtocol, oldestProtocol } from "../../shared/protocol/version.ts";
import { fine, wrong, type Finding } from "./finding.ts";

/** Clocks that differ by more are warned about: certificates and tokens hang on them. */
const clockSkewMs = 5 * 60_000;

/** What it says when it is asked for its health. */
export async function* examineAnswer(
  coordinator: string,
  kit: Kit | undefined,
  keys: string | undefined,
  ms: number,
): AsyncGenerator<Finding> {
  const answer = await healthOf(coordinator, kit, ms);
  const fact = (name: string): string | undefined => answer.metadata.get(name)[0]?.toString();
  const clock = Number(fact("tributary-clock-ms"));
  const ahead = Date.now() - clock;
  if (Math.abs(ahead) > clockSkewMs)
    yield {
      check: "clock",
      state: "warning",
      message: `the clock here is ${Math.round(Math.abs(ahead) / 60_000)} min ${ahead > 0 ? "ahead of" : "behind"} the coordinator's: certificates and tokens bear 5`,
    };
  else if (fact("tributary-clock-ms") !== undefined) yield fine("clock", "the clocks agree");
  const protocols = fact("tributary-protocols");
  const kernels = fact("tributary-kernels");
  const [oldest, newest] = (protocols ?? `${oldestProtocol}-${newestProtocol}`).split("-").map(Number);
  if (newest! < oldestProtocol || oldest! > newestProtocol) {
    yield wrong(
      "version",
      `it speaks protocol ${protocols}, and we speak ${oldestProtocol}-${newestProtocol}: install the same version on both sides`,
    );
    return;
  }
  if (kernels !== undefined && kernels !== kernelsHash()) {
    yield wrong(
      "version",
      `it computes with the kernels ${kernels}, and we with ${kernelsHash()}: install the same version on both sides`,
    );
    return;
  }
  if (protocols !== undefined) yield fine("version", "versions agree");
  if (answer.code === status.OK && !answer.serving)
    yield {
      check: "admission",
      state: "warning",
      message:
        "it answers, and accepts nothing at the moment: its disk is full, or it is shutting down; its log says which",
    };
  else if (answer.code === status.OK)
    yield fine("admission", kit === undefined ? "it answers" : `${kit.identity.id} is let in`);
  else if (
    answer.code === status.UNAUTHENTICATED &&
    answer.details.includes("not enrolled") &&
    keys !== undefined &&
    tokenIn(keys) !== undefined
  )
    yield fine(
      "admission",
      `${kit?.identity.id} has not enrolled yet, and its kit holds a token to do so; whether that is good shows when its worker connects`,
    );
  else yield wrong("admission", `it answers, and refuses: ${answer.details}`);
}

/** HealthCheckResponse with the status SERVING, as it is on the wire. */
const serving = Buffer.from([8, 1]);

function healthOf(
  coordinator: string,
  kit: Kit | undefined,
  ms: number,
): Promise<StatusObject & { readonly serving: boolean }> {
  const channel =
    kit === undefined ? credentials.createInsecure() : credentials.createSsl(kit.ca, kit.key, kit.certificate);
  const client = new Client(coordinator, channel, { "grpc.use_local_subchannel_pool": 1, "grpc.enable_retries": 0 });
  return new Promise((done) => {
    let reply: Buffer | undefined;
    const call = client.makeUnaryRequest(
      "/grpc.health.v1.Health/Check",
      (empty: Buffer) => empty,
      (bytes: Buffer) => (reply = Buffer.from(bytes)),
      Buffer.alloc(0),
      new Metadata(),
      { deadline: Date.now() + ms },
      () => undefined, // the status says it
    );
    call.on("status", (ended: StatusObject) => {
      client.close();
      done({ ...ended, serving: reply?.equals(serving) === true });
    });
  });
}
