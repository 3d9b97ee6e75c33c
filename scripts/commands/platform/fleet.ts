import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { choiceFrom, withDirectory, withEnvironments } from '../options.ts';

export const command = define({
  usage: 'platform fleet',
  describe: 'Show all tenants of environments: what each runs, its instances, image, alarms, approvals and drift',
  examples: [
    ['vendhost platform fleet --all', 'every tenant in every environment'],
    ['vendhost platform fleet --all --page public/index.html', 'as an HTML page, too'],
    ['vendhost platform fleet --environment production --json', 'one environment, as JSON'],
  ],
  options: (parser) =>
    withDirectory(withEnvironments(parser), 'platform.yml').option('page', {
      type: 'string',
      requiresArg: true,
      describe: 'Write the HTML page to this file',
    }),
  async run(args, runtime) {
    const { showFleet } = await import('../../status/fleet/show-fleet.ts');
    return await showFleet(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      environment: choiceFrom(args, runtime),
      page: args.page,
    });
  },
});
