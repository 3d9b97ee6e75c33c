import { define } from '../../command.ts';
import { VendhostError } from '../../errors.ts';
import { instanceFrom, placeFrom, reasonFrom, withDryRun, withPlace, withReason } from '../options.ts';

/** For fewer seconds the SSM agent uses an hour (https://github.com/aws/amazon-ssm-agent, agent/plugins/pluginutil, ValidateExecutionTimeout). */
const leastSeconds = 5;
/** An hour, GitLab's default limit for a job, minus what the job needs around the command. */
const mostSeconds = 3300;

export const command = define({
  usage: 'host run [command..]',
  describe: "Run a command as root on one instance; its output is printed, its exit code is the command's",
  examples: [
    ['vendhost host run --tenant shop --environment dev -- systemctl status shop', 'on an instance in service'],
    ["vendhost host run --tenant shop --environment dev -- bash -c 'df -h | tail -1'", 'more than one command'],
    [
      'vendhost host run --tenant shop --environment dev --instance i-0abc… --timeout 1800 -- /opt/shop/migrate.sh',
      'on this instance, for at most half an hour',
    ],
  ],
  options: (parser) =>
    withReason(withDryRun(withPlace(parser)))
      .positional('command', {
        type: 'string',
        array: true,
        describe:
          'The command and its arguments, after --; they go through no shell [default: $VENDHOST_COMMAND, as one line of bash]',
      })
      .option('instance', {
        type: 'string',
        requiresArg: true,
        describe: 'Id of the instance [default: $VENDHOST_INSTANCE, else one in service]',
      })
      .option('timeout', {
        type: 'number',
        requiresArg: true,
        default: 600,
        describe: `Seconds after which the command is ended, ${leastSeconds} to ${mostSeconds}`,
      }),
  async run(args, runtime) {
    // yargs leaves what follows -- behind the words of the command, as it was written.
    const { _: rest = [] } = args as { _?: (string | number)[] };
    const given = [...(args.command ?? []), ...rest.slice(2)].map(String);
    const line = runtime.env.VENDHOST_COMMAND ?? '';
    const words = given.length > 0 || line === '' ? given : ['bash', '-c', line];
    if (words.length === 0 || words.every((word) => word === '')) {
      throw new VendhostError('USAGE', 'the command is missing', {
        hint: 'give it after --: vendhost host run -- uptime',
      });
    }
    if (!Number.isInteger(args.timeout) || args.timeout < leastSeconds || args.timeout > mostSeconds) {
      const range = `${leastSeconds} to ${mostSeconds} seconds`;
      throw new VendhostError('USAGE', `--timeout ${args.timeout} is wrong: must be ${range}`, {
        hint: 'let what takes longer start its work in the background',
      });
    }
    const { runCommand } = await import('../../repair/run/run-command.ts');
    return await runCommand(runtime, {
      ...placeFrom(args, runtime),
      instance: instanceFrom(args, runtime),
      words,
      seconds: args.timeout,
      reason: reasonFrom(args, runtime),
      dryRun: args['dry-run'],
    });
  },
});
