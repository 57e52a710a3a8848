/** Which role may call what. A method that is not in the table is for nobody. */
import type { Role } from "../../shared/identity/identity.ts";

const everybody: readonly Role[] = ["client", "operator", "viewer"];
const onlookers: readonly Role[] = ["operator", "viewer"];

const table: Readonly<Record<string, readonly Role[]>> = {
  "/tributary.v1.Federation/Enroll": ["client"],
  "/tributary.v1.Federation/Attend": ["client"],
  "/tributary.v1.Federation/Fetch": ["client"],
  "/tributary.v1.Federation/Submit": ["client"],
  "/tributary.v1.Control/StartRun": ["operator"],
  "/tributary.v1.Control/ListRuns": onlookers,
  "/tributary.v1.Control/ShowRun": onlookers,
  "/tributary.v1.Control/WatchRun": onlookers,
  "/tributary.v1.Control/AdjustRun": ["operator"],
  "/tributary.v1.Control/StopRun": ["operator"],
  "/tributary.v1.Control/ListClients": onlookers,
  "/tributary.v1.Control/FetchModel": onlookers,
  "/grpc.health.v1.Health/Check": everybody,
  "/grpc.health.v1.Health/Watch": everybody,
  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": onlookers,
  "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": onlookers,
};

export const rolesOf = (method: string): readonly Role[] | undefined => table[method];

/** The method by which a client comes in for the first time. */
export const enrolMethod = "/tributary.v1.Federation/Enroll";
