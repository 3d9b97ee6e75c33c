import { define } from '../../command.ts';
import { placeFrom, withPlace } from '../options.ts';

export const command = define({
  usage: 'host status',
  describe:
    'Show what a virtual host runs, and its releases, instances, targets, alarms, image, database and drift; exit code 2 when something needs attention',
  examples: [
    ['vendhost host status --tenant shop --environment dev', 'one view of it, what to look at first'],
    ['vendhost host status --tenant shop --environment dev --json', 'the same, as JSON'],
  ],
  options: (parser) => withPlace(parser),
  async run(args, runtime) {
    const { showHost } = await import('../../status/host/show-host.ts');
    return await showHost(runtime, placeFrom(args, runtime));
  },
});
