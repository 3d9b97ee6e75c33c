import { define } from '../../command.ts';
import { scriptable } from '../../repository/appspec/hook-events.ts';
import { instanceFrom, placeFrom, withPlace } from '../options.ts';

/** How long `--follow` runs, in minutes. */
const followMinutes = 60;

export const command = define({
  usage: 'host logs',
  describe: 'Show what hooks and software logged, also on instances that no longer exist',
  examples: [
    ['vendhost host logs --tenant shop --environment dev', 'of the last hour'],
    ['vendhost host logs --tenant shop --environment dev --since 2d --hook AfterInstall', 'of one hook'],
    ['vendhost host logs --tenant shop --environment dev --follow', 'and what comes, until Ctrl-C'],
    [
      'vendhost host logs --tenant shop --environment dev --instance i-0123456789abcdef0 --json',
      'a JSON object a line',
    ],
  ],
  options: (parser) =>
    withPlace(parser)
      .option('since', {
        type: 'string',
        requiresArg: true,
        describe:
          'How long ago, like 30m, 1h or 2d, or a date and time in UTC, like 2026-11-27T10:00Z [default: $VENDHOST_SINCE, or 1h]',
      })
      .option('follow', { type: 'boolean', default: false, describe: `Keep showing new lines, for an hour at most` })
      .option('instance', {
        type: 'string',
        requiresArg: true,
        describe: 'Id of the instance [default: $VENDHOST_INSTANCE, else all]',
      })
      .option('hook', {
        choices: scriptable,
        requiresArg: true,
        describe: 'Only what the hooks of this event printed [default: all hooks, and the software]',
      }),
  async run(args, runtime) {
    const { showLogs } = await import('../../host/logs/show-logs.ts');
    return await showLogs(runtime, {
      ...placeFrom(args, runtime),
      since: args.since ?? (runtime.env.VENDHOST_SINCE || '1h'),
      instance: instanceFrom(args, runtime),
      hook: args.hook,
      followMinutes: args.follow ? followMinutes : 0,
    });
  },
});
