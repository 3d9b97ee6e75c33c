import { resolve } from 'node:path';
import yargs, { type Argv } from 'yargs';
import { awsError } from './aws/foreseen-errors.ts';
import { libraryVersion } from './ci/library-version.ts';
import type { Command } from './command.ts';
import { command as audit } from './commands/audit.ts';
import { checkOptions, checkSeparator } from './commands/check-words.ts';
import { command as ciExplain } from './commands/ci/explain.ts';
import { command as configCheck } from './commands/config/check.ts';
import { command as configShow } from './commands/config/show.ts';
import { command as doctor } from './commands/doctor.ts';
import { command as driftCheck } from './commands/drift/check.ts';
import { command as explain } from './commands/explain.ts';
import { command as hostDestroy } from './commands/host/destroy.ts';
import { command as hostLogs } from './commands/host/logs.ts';
import { command as hostMaintenance } from './commands/host/maintenance.ts';
import { command as hostProvision } from './commands/host/provision.ts';
import { command as hostReplace } from './commands/host/replace.ts';
import { command as hostRestart } from './commands/host/restart.ts';
import { command as hostRun } from './commands/host/run.ts';
import { command as hostScale } from './commands/host/scale.ts';
import { command as hostStatus } from './commands/host/status.ts';
import { command as imageBake } from './commands/image/bake.ts';
import { command as imageClean } from './commands/image/clean.ts';
import { command as imageExplain } from './commands/image/explain.ts';
import { command as imageList } from './commands/image/list.ts';
import { command as imagePrune } from './commands/image/prune.ts';
import { command as initPlatform } from './commands/init/platform.ts';
import { command as initTenant } from './commands/init/tenant.ts';
import { command as mrNote } from './commands/mr/note.ts';
import { command as mrPlan } from './commands/mr/plan.ts';
import { switchFrom } from './commands/options.ts';
import { command as platformDeploy } from './commands/platform/deploy.ts';
import { command as platformDestroy } from './commands/platform/destroy.ts';
import { command as platformFleet } from './commands/platform/fleet.ts';
import { command as platformPlan } from './commands/platform/plan.ts';
import { command as platformStatus } from './commands/platform/status.ts';
import { command as releaseApprove } from './commands/release/approve.ts';
import { command as releaseList } from './commands/release/list.ts';
import { command as releasePromote } from './commands/release/promote.ts';
import { command as releaseReject } from './commands/release/reject.ts';
import { command as releaseRollback } from './commands/release/rollback.ts';
import { command as releaseShow } from './commands/release/show.ts';
import { command as releaseStart } from './commands/release/start.ts';
import { command as releaseWaiting } from './commands/release/waiting.ts';
import { command as revisionPrune } from './commands/revision/prune.ts';
import { command as revisionPush } from './commands/revision/push.ts';
import { command as tenantAdopt } from './commands/tenant/adopt.ts';
import { command as tenantList } from './commands/tenant/list.ts';
import { command as tenantPlan } from './commands/tenant/plan.ts';
import { command as tenantRetire } from './commands/tenant/retire.ts';
import { command as tenantVend } from './commands/tenant/vend.ts';
import { command as webhookIntake } from './commands/webhook/intake.ts';
import { command as webhookMachine } from './commands/webhook/machine.ts';
import { type ExitCode, exitCodes, fileError, VendhostError } from './errors.ts';
import { Output, type Terminal } from './output.ts';
import type { Runtime } from './runtime.ts';
import { removeOldTemporary } from './temporary.ts';

interface Noun {
  readonly describe: string;
  readonly verbs: readonly Command[];
}

const nouns: Readonly<Record<string, Noun>> = {
  init: { describe: 'The first files of a repository', verbs: [initPlatform, initTenant] },
  config: { describe: 'Check and show configuration files', verbs: [configCheck, configShow] },
  ci: { describe: 'The pipelines of GitLab', verbs: [ciExplain] },
  platform: {
    describe: 'The shared stacks of the environments',
    verbs: [platformDeploy, platformPlan, platformStatus, platformFleet, platformDestroy],
  },
  tenant: {
    describe: "A tenant's access to the platform",
    verbs: [tenantPlan, tenantVend, tenantAdopt, tenantList, tenantRetire],
  },
  image: {
    describe: "The AMI of a tenant's virtual host",
    verbs: [imageBake, imageClean, imageExplain, imageList, imagePrune],
  },
  host: {
    describe: "A tenant's virtual host",
    verbs: [
      ...[hostProvision, hostReplace, hostRestart, hostRun, hostScale, hostStatus, hostLogs],
      ...[hostMaintenance, hostDestroy],
    ],
  },
  revision: { describe: "A tenant's software, named by its content", verbs: [revisionPrune, revisionPush] },
  webhook: {
    describe: 'Builds of a project without a runner',
    verbs: [webhookIntake, webhookMachine],
  },
  mr: { describe: 'What a merge request will do', verbs: [mrPlan, mrNote] },
  drift: { describe: 'What is deployed, compared with what should be', verbs: [driftCheck] },
  release: {
    describe: 'Putting a revision on the virtual host',
    verbs: [
      releaseStart,
      releaseWaiting,
      releaseApprove,
      releaseReject,
      releaseList,
      releaseShow,
      releaseRollback,
      releasePromote,
    ],
  },
};

/** Commands without a noun. */
const single: readonly Command[] = [doctor, audit, explain];

/** The parts of the process that the command line uses. */
export interface Process extends Omit<Runtime, 'out'> {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** The width of the terminal that stdout is, if it is one. */
  readonly columns?: number | undefined;
  /** Given when a person reads stderr. */
  readonly terminal?: Terminal | undefined;
}

export interface GlobalOptions {
  json?: boolean;
  dotenv?: string;
  verbose?: boolean;
  yes?: boolean;
}

type Chosen = (chosen: Command, args: GlobalOptions) => Promise<void>;

interface Choice {
  readonly words: readonly string[];
  readonly chosen: Chosen;
}

/** The width of help: the terminal's, within limits. A terminal may report that it has no columns. */
const helpColumns = { least: 40, most: 100 };

/**
 * The strict parser: calls `chosen` with the command that the words name, throws `USAGE` for words it does not know. `columns` is the
 * width of the help.
 */
export async function parse(
  words: readonly string[],
  chosen: Chosen,
  print: (text: string) => void,
  columns = 0,
): Promise<void> {
  if (!takesWords(words)) checkSeparator(words);
  let parser: Argv = yargs([...words])
    .scriptName('vendhost')
    .usage('$0 <noun> <verb>\n\nA vending machine for virtual hosts on AWS, run from GitLab CI.')
    .option('json', { type: 'boolean', describe: 'Print the result as JSON on stdout' })
    .option('dotenv', {
      type: 'string',
      requiresArg: true,
      describe: 'Write the result to this file as VENDHOST_… lines',
    })
    .option('verbose', {
      type: 'boolean',
      describe:
        'Print each call to AWS and GitLab on stderr: when, how long, status, request id; never contents [default: $VENDHOST_VERBOSE]',
    })
    .option('yes', {
      type: 'boolean',
      describe: 'Answer yes where a command asks at a terminal before it costs or destroys something',
    })
    .epilogue(
      'Progress goes to stderr. Exit codes: 0 done, 1 failed, 2 differs, 3 superseded, 4 waiting for an approval, 129/130/143 cancelled.',
    )
    .strict()
    .demandCommand(1, `missing noun: one of ${[...Object.keys(nouns), ...single.map(({ usage }) => usage)].join(', ')}`)
    .recommendCommands()
    .wrap(Math.max(helpColumns.least, Math.min(columns || helpColumns.most, helpColumns.most)))
    .help()
    .version(libraryVersion())
    .exitProcess(false)
    // The last of repeated options counts, as in other commands; yargs would make a list. A dot is part of a name.
    .parserConfiguration({ 'duplicate-arguments-array': false, 'dot-notation': false })
    .fail((message, error) => {
      // yargs throws its own errors, for example for an option without a value; all others come from a command.
      throw error === undefined || error.name === 'YError' ? usageError(message ?? error.message, words) : error;
    });
  for (const [noun, { describe, verbs }] of Object.entries(nouns)) {
    parser = parser.command(noun, describe, (inner) => withVerbs(inner, noun, verbs, { words, chosen }));
  }
  for (const verb of single) parser = withVerb(parser, verb, verb.usage, { words, chosen });
  keepNoHelp(parser);
  await parser.parseAsync([...words], {}, (_error, _argv, text) => {
    if (text) print(`${text}\n`);
  });
}

function withVerbs(parser: Argv, noun: string, verbs: readonly Command[], choice: Choice): Argv {
  let inner = parser.demandCommand(1, `missing verb: ${verbs.map((verb) => verb.usage.split(' ')[1]).join(' or ')}`);
  for (const verb of verbs) inner = withVerb(inner, verb, verb.usage.slice(noun.length + 1), choice);
  return inner;
}

function withVerb(parser: Argv, verb: Command, usage: string, { words, chosen }: Choice): Argv {
  return parser.command(
    usage,
    verb.describe,
    (options) => verb.options(options).example(verb.examples.map(([line, meaning]) => [line, meaning])),
    (args) => {
      checkOptions(words, args, parser);
      return chosen(verb, args as GlobalOptions);
    },
  );
}

/** yargs lays out the help of each command that it has started, in case a later one asks for it: a tenth of a small push. Its types leave this out. */
function keepNoHelp(parser: Argv): void {
  const { getInternalMethods } = parser as unknown as {
    getInternalMethods(): { getUsageInstance(): { cacheHelpMessage(): void } };
  };
  getInternalMethods.call(parser).getUsageInstance().cacheHelpMessage = () => undefined;
}

/** Whether the named command has a list of words as a positional. */
function takesWords([noun = '', verb = '']: readonly string[]): boolean {
  const verbs = Object.hasOwn(nouns, noun) ? (nouns[noun]?.verbs ?? []) : [];
  return verbs.some(({ usage }) => usage.startsWith(`${noun} ${verb} `) && usage.includes('..'));
}

function usageError(message: string, words: readonly string[]): VendhostError {
  const [noun = '', verb = ''] = words;
  const found = Object.hasOwn(nouns, noun) ? nouns[noun] : undefined;
  const isKnown = found?.verbs.some(({ usage }) => usage.split(' ')[1] === verb) === true;
  const isNoun = found !== undefined || single.some(({ usage }) => usage === noun);
  const help = isKnown ? `vendhost ${noun} ${verb} --help` : `vendhost ${isNoun ? `${noun} ` : ''}--help`;
  return new VendhostError('USAGE', usageMessage(message, found === undefined ? noun : verb), {
    hint: `see \`${help}\``,
  });
}

/** yargs' message in one line that names the wrong value. */
function usageMessage(message: string, word: string): string {
  const choice = /Argument: (\S+), Given: (.+), Choices: (.+)$/.exec(message);
  if (choice !== null) {
    const [, option, given, choices = ''] = choice;
    return `--${option} ${given} is wrong: must be one of ${choices.replaceAll('"', '')}`;
  }
  if (/^Not enough non-option arguments/.test(message)) return 'an argument is missing';
  const close = /^Did you mean (\S+)\?$/.exec(message)?.[1];
  return close === undefined
    ? message.charAt(0).toLowerCase() + message.slice(1)
    : `"${word}" is unknown: did you mean ${close}?`;
}

/** Runs one command line and returns the exit code; the only place that prints errors. */
export async function run(words: readonly string[], process: Process): Promise<ExitCode | number> {
  let out = new Output(process);
  let code: number = exitCodes.done;
  try {
    const asked = words.length === 0 ? ['--help'] : words;
    const chosen: Chosen = async (verb, args) => {
      const dotenv = args.dotenv === undefined ? {} : { dotenv: resolve(process.cwd, args.dotenv) };
      const verbose = switchFrom(args.verbose, 'VENDHOST_VERBOSE', process.env);
      out = new Output({ ...process, ...args, ...dotenv, verbose, sections: process.env.GITLAB_CI === 'true' });
      const { env, cwd, signal, ask } = process;
      await removeOldTemporary();
      code = (await verb.run(args, { env, cwd, signal, out, ...(ask === undefined ? {} : { ask }) })) ?? code;
    };
    await parse(asked, chosen, process.stdout, process.columns);
    return code;
  } catch (thrown) {
    const error =
      process.signal.aborted && process.signal.reason instanceof VendhostError ? process.signal.reason : thrown;
    return report(awsError(error, process.env) ?? fileError(error) ?? error, out);
  } finally {
    out.close();
  }
}

function report(thrown: unknown, out: Output): number {
  if (!(thrown instanceof VendhostError)) {
    out.error(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
    out.error('this is a bug in vendhost: please report it with the lines above');
    return exitCodes.failed;
  }
  out.error(`error[${thrown.code}]: ${thrown.message}`);
  for (const line of thrown.details) out.detail(line);
  out.error(`hint: ${thrown.hint}`);
  return thrown.exitCode;
}
