/** `tributary keys init | issue NAME | token NAME | revoke NAME | list`: a private authority and kits, one command each. */
import { join, resolve } from "node:path";
import { KeyFolder, type Listed } from "../server/identity/key-folder.ts";
import { expiryWarning } from "../shared/identity/kit.ts";
import type { Role } from "../shared/identity/identity.ts";
import { print, type Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { counted } from "./format.ts";
import { printNotes } from "./notes.ts";
import { table } from "./table.ts";

export interface KeysFlags {
  /** The folder of the authority and its kits. */
  readonly dir: string;
  readonly json?: boolean;
}

export interface InitKeysFlags extends KeysFlags {
  /** Names and addresses of the coordinator. */
  readonly hosts: readonly string[];
}

export interface IssueFlags extends KeysFlags {
  readonly role: Role;
  readonly hosts: readonly string[];
  readonly days: number;
  readonly tokenDays: number;
  readonly renew?: boolean;
  readonly rekey?: boolean;
}

/** The authority, the coordinator's kit, and an operator's. */
export async function initKeysCommand({ dir, hosts, json }: InitKeysFlags, context: Context): Promise<number> {
  const folder = await KeyFolder.create(resolve(context.cwd, dir));
  const common = { days: 365, tokenDays: 30 };
  const server = await folder.issue({ name: "server", role: "server", hosts, ...common });
  const operator = await folder.issue({ name: "operator", role: "operator", hosts: [], ...common });
  for (const kit of [server, operator]) say(kit, folder, json, context);
  if (json !== true) {
    print(
      context,
      `\n  ${context.shorten(join(folder.path, "authority"))} signs certificates: keep it to yourself. Then`,
    );
    print(context, `\n    ${context.colours.cyan(`${context.self} keys issue clinic-1`)}`);
    print(context, `    ${context.colours.cyan(`${context.self} serve --keys ${kitOf("server", folder, context)}`)}\n`);
  }
  return exitCodes.done;
}

export async function issueKeysCommand(name: string, flags: IssueFlags, context: Context): Promise<number> {
  const folder = KeyFolder.open(resolve(context.cwd, flags.dir));
  const { role, hosts, days, tokenDays, renew, rekey } = flags;
  const again = rekey === true ? "rekey" : renew === true ? "renew" : undefined;
  const kit = await folder.issue({ name, role, hosts, days, tokenDays, ...(again && { again }) });
  say(kit, folder, flags.json, context);
  return exitCodes.done;
}

export function tokenKeysCommand(
  name: string,
  { dir, tokenDays, json }: KeysFlags & Pick<IssueFlags, "tokenDays">,
  context: Context,
): number {
  const folder = KeyFolder.open(resolve(context.cwd, dir));
  folder.token(name, tokenDays);
  const file = join(folder.path, name, "token");
  if (json === true) context.stdout.write(`${JSON.stringify({ event: "token", name, file })}\n`);
  else
    print(
      context,
      `  a one-time token for ${name} is in ${context.shorten(file)}, good for ${counted(tokenDays, "day")}`,
    );
  return exitCodes.done;
}

export function revokeKeysCommand(name: string, { dir, json }: KeysFlags, context: Context): number {
  const folder = KeyFolder.open(resolve(context.cwd, dir));
  const keys = folder.revoke(name);
  if (json === true) context.stdout.write(`${JSON.stringify({ event: "revoked", name, keys })}\n`);
  else {
    const servers = [
      ...new Set(
        folder
          .list()
          .filter(({ role }) => role === "server")
          .map((kit) => kit.name),
      ),
    ];
    const rosters = servers.map((server) => context.shorten(join(folder.path, server, "roster.json")));
    print(
      context,
      `  revoked ${counted(keys, "key")} of ${name}; a coordinator that runs sees it once it has ${rosters.join(", ")}`,
    );
  }
  return exitCodes.done;
}

export function listKeysCommand({ dir, json }: KeysFlags, context: Context): number {
  const folder = KeyFolder.open(resolve(context.cwd, dir));
  const listed = folder.list();
  const warnings = listed
    .filter(({ state }) => state === "valid" || state === "expired")
    .flatMap(
      ({ name, role, key, expires }) =>
        expiryWarning({ identity: { id: name, role, key }, expires: new Date(expires) }) ?? [],
    );
  if (json === true) {
    for (const one of listed) context.stdout.write(`${JSON.stringify({ event: "certificate", ...one })}\n`);
    for (const warning of warnings) context.stderr.write(`${warning}\n`);
    return exitCodes.done;
  }
  const cells = listed.map(({ name, role, state, expires, hosts, key }) => [
    name,
    role,
    state,
    expires.slice(0, 10),
    key.slice(0, 16),
    hosts.join(", "),
  ]);
  const heading = ["name", "role", "state", "until", "key", "hosts"].map(context.colours.dim);
  print(
    context,
    table(
      heading,
      cells,
      heading.map(() => "left"),
    ),
  );
  printNotes(warnings, context);
  return exitCodes.done;
}

function say(kit: Listed, folder: KeyFolder, json: boolean | undefined, context: Context): void {
  const { name, role, expires } = kit;
  if (json === true) {
    context.stdout.write(`${JSON.stringify({ event: "issued", folder: join(folder.path, name), ...kit })}\n`);
    return;
  }
  const token = role === "client" ? ", with a one-time token to enrol with" : "";
  print(context, `  ${kitOf(name, folder, context)}  ${role} ${name}, until ${expires.slice(0, 10)}${token}`);
}

const kitOf = (name: string, folder: KeyFolder, context: Context): string => context.shorten(join(folder.path, name));
