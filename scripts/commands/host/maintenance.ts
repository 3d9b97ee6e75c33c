import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { VendhostError } from '../../errors.ts';
import { placeFrom, reasonFrom, withDryRun, withPlace, withReason } from '../options.ts';

export const command = define({
  usage: 'host maintenance [wanted]',
  describe:
    "Switch maintenance of a virtual host on or off, or show what the platform's team must do if its jobs may not; exit code 2 when it is not as wanted",
  examples: [
    ['vendhost host maintenance --tenant shop --environment dev', 'whether, since when, by whom'],
    [
      'vendhost host maintenance on --tenant shop --environment dev --page maintenance.html',
      "check the page, and write the line that the platform's team adds",
    ],
    [
      'vendhost host maintenance on --tenant shop --environment dev --reason "database is moved"',
      'the page of maintenance_switch in tenants/shop.yml answers',
    ],
    ['vendhost host maintenance off --tenant shop --environment dev', 'the instances answer, or how it ends'],
    ['vendhost host maintenance off --tenant shop --environment dev --dry-run', 'show what would be switched'],
  ],
  options: (parser) =>
    withReason(withDryRun(withPlace(parser)))
      .positional('wanted', {
        choices: ['on', 'off'] as const,
        describe: 'What is wanted [default: show the state]',
      })
      .option('page', {
        type: 'string',
        requiresArg: true,
        describe: "File with the page that the platform's team is asked for, at most 1024 bytes; changes nothing",
      }),
  async run({ wanted, page, ...args }, runtime) {
    if (page !== undefined && wanted === 'off') {
      throw new VendhostError('USAGE', 'maintenance that ends has no page', { hint: 'leave out --page, or say on' });
    }
    const { hostMaintenance } = await import('../../repair/maintenance/switch-maintenance.ts');
    const file = page === undefined ? undefined : resolve(runtime.cwd, page);
    return await hostMaintenance(runtime, {
      ...placeFrom(args, runtime),
      ...{ wanted, page: file, reason: reasonFrom(args, runtime), dryRun: args['dry-run'] },
    });
  },
});
