import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { VendhostError } from '../../errors.ts';
import { placeFrom, withPlace } from '../options.ts';

export const command = define({
  usage: 'host maintenance [wanted]',
  describe:
    "Show whether a page answers for a virtual host, and what the platform's team does to begin or end that; exit code 2 when it is not as wanted",
  examples: [
    ['vendhost host maintenance --tenant shop --environment dev', 'whether, since when, by whom'],
    [
      'vendhost host maintenance on --tenant shop --environment dev --page maintenance.html',
      "check the page, and write the line that the platform's team adds",
    ],
    ['vendhost host maintenance off --tenant shop --environment dev', 'how it ends; exit code 0 if it has'],
  ],
  options: (parser) =>
    withPlace(parser)
      .positional('wanted', {
        choices: ['on', 'off'] as const,
        describe: 'What is wanted [default: show the state]',
      })
      .option('page', {
        type: 'string',
        requiresArg: true,
        describe: 'File with the page that is to answer, at most 1024 bytes',
      }),
  async run({ wanted, page, ...args }, runtime) {
    if (page !== undefined && wanted === 'off') {
      throw new VendhostError('USAGE', 'maintenance that ends has no page', { hint: 'leave out --page, or say on' });
    }
    const { showMaintenance } = await import('../../status/maintenance/show-maintenance.ts');
    const file = page === undefined ? undefined : resolve(runtime.cwd, page);
    return await showMaintenance(runtime, { ...placeFrom(args, runtime), wanted, page: file });
  },
});
