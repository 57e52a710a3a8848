/**
 * Messages that cannot be decoded. gRPC ends such a call by itself and tells nobody; here what stands in for the message goes on to the
 * gate, which refuses it by name and counts it against whoever sent it.
 */
import type { ServiceDefinition } from "@grpc/grpc-js";

export class Malformed {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** The service with decoders that never throw: they answer with a `Malformed` instead. */
export const tolerant = (service: ServiceDefinition): ServiceDefinition =>
  Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      {
        ...method,
        requestDeserialize: (bytes: Buffer): unknown => {
          try {
            return method.requestDeserialize(bytes);
          } catch (error) {
            return new Malformed((error as Error).message);
          }
        },
      },
    ]),
  );
