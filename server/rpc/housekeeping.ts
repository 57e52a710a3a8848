/** The two services that every gRPC server has: health, which probes ask, and reflection, with which tools find out what there is. */
import type { Server } from "@grpc/grpc-js";
import type { PackageDefinition } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";

export interface Housekeeping {
  /** What a probe is told, of the server as a whole and of each service. */
  setServing(serving: boolean): void;
}

export function addHousekeeping(
  server: Server,
  services: readonly string[],
  definitions: PackageDefinition,
): Housekeeping {
  const health = new HealthImplementation();
  const setServing = (serving: boolean): void => {
    for (const service of ["", ...services]) health.setStatus(service, serving ? "SERVING" : "NOT_SERVING");
  };
  setServing(false);
  health.addToServer(server);
  new ReflectionService(definitions).addToServer(server);
  return { setServing };
}
