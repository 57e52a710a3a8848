/** What may be typed after `tributary keys`. */
import type { Command, Option } from "commander";
import { roles } from "../shared/identity/identity.ts";
import type { Context, Settle } from "./context.ts";
import type { InitKeysFlags, IssueFlags, KeysFlags } from "./keys.ts";
import { list, wholeNumber } from "./options.ts";

const commands = () => import("./keys.ts");

export function addKeysCommands(program: Command, settle: Settle, context: Context): void {
  const keys = program
    .command("keys")
    .description("a private authority: kits for the coordinator, operators and clients");
  const command = (usage: string, description: string): Command =>
    keys
      .command(usage)
      .description(description)
      .option("--dir <folder>", "the folder of the authority and its kits", "keys")
      .option("--json", "one JSON object per line");
  const hosts = (): Option =>
    keys.createOption("--hosts <list>", "names and addresses under which the coordinator is dialled").argParser(list);
  const tokenDays = (): Option =>
    keys
      .createOption("--token-days <n>", "how long the enrolment token is good")
      .argParser(wholeNumber("--token-days", 1, 365))
      .default(30);

  command("init", "make the authority, the coordinator's kit and an operator's")
    .addOption(hosts().default(["localhost", "127.0.0.1", "::1"]))
    .action((flags: InitKeysFlags) => settle(async () => (await commands()).initKeysCommand(flags, context)));
  command("issue <name>", "make a kit: for a client unless --role says otherwise")
    .addOption(
      keys
        .createOption("--role <role>", "what the certificate is for")
        .choices([...roles])
        .default("client"),
    )
    .addOption(hosts().default([]))
    .option("--days <n>", "how long the certificate is good", wholeNumber("--days", 1, 365), 365)
    .addOption(tokenDays())
    .option("--renew", "another certificate for the same key, in the same folder")
    .option("--rekey", "a new key, and a token to enrol it with")
    .action((name: string, flags: IssueFlags) =>
      settle(async () => (await commands()).issueKeysCommand(name, flags, context)),
    );
  command("token <name>", "put a fresh one-time enrolment token into a client's kit")
    .addOption(tokenDays())
    .action((name: string, flags: KeysFlags & { tokenDays: number }) =>
      settle(async () => (await commands()).tokenKeysCommand(name, flags, context)),
    );
  command("revoke <name>", "refuse every key of a name from now on").action((name: string, flags: KeysFlags) =>
    settle(async () => (await commands()).revokeKeysCommand(name, flags, context)),
  );
  command("list", "every certificate, and what has become of it").action((flags: KeysFlags) =>
    settle(async () => (await commands()).listKeysCommand(flags, context)),
  );
}
