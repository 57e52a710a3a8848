/**
 * The protocol as proto/ declares it, read once: service definitions for gRPC, and codecs for messages that travel as contents. The
 * types in wire/ are generated from the same files with the same options (test/unit/protocol/wire.test.ts holds them fresh).
 */
import { loadSync, type MessageTypeDefinition, type ServiceDefinition } from "@grpc/proto-loader";
import { houseFolder } from "../built.ts";

const folder = houseFolder("proto");

const loaded = loadSync(["federation.proto", "control.proto", "tasks.proto", "program.proto"], {
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
  includeDirs: [folder],
});

/** All of it: what reflection tells of. */
export const packageDefinition = loaded;

/** A service by its name, as gRPC takes it. */
export const service = (name: string): ServiceDefinition => loaded[`tributary.v1.${name}`] as ServiceDefinition; // declared in proto/

export interface Codec<In, Out> {
  encode(message: In): Uint8Array;
  /** Throws an error of the decoder's own when the bytes are not such a message. */
  decode(bytes: Uint8Array): Out;
}

/** A message by its name; In and Out are its generated types. */
export function codec<In, Out>(name: string): Codec<In, Out> {
  const { serialize, deserialize } = loaded[`tributary.v1.${name}`] as unknown as MessageTypeDefinition<In, Out>; // declared in proto/
  return {
    encode: (message) => serialize(message),
    decode: (bytes) => deserialize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
  };
}
