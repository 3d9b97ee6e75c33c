import { define } from '../command.ts';
import { VendhostError } from '../errors.ts';
import { placeFrom, withPlace } from './options.ts';

export const command = define({
  usage: 'audit',
  describe: "What was done to a tenant's host and releases: when, by whom, from which job; newest first",
  examples: [
    ['vendhost audit --tenant shop --environment production', 'the newest twenty'],
    ["vendhost audit --tenant shop --environment production --action 'host run' --json", 'commands that were run'],
  ],
  options: (parser) =>
    withPlace(parser)
      .option('limit', { type: 'number', requiresArg: true, default: 20, describe: 'Most records to show' })
      .option('action', {
        type: 'string',
        requiresArg: true,
        describe: 'Only this one, as its command is called: host restart, or restart [default: all]',
      }),
  async run({ limit, action, ...args }, runtime) {
    if (!Number.isInteger(limit) || limit < 1) {
      throw new VendhostError('USAGE', `--limit ${limit} is wrong: must be a whole number from 1`, {
        hint: 'give --limit 50, or leave it out',
      });
    }
    const { showAudit } = await import('../audit/show-audit.ts');
    return await showAudit(runtime, { ...placeFrom(args, runtime), limit, action });
  },
});
