import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { choiceFrom, withDirectory, withEnvironments } from '../options.ts';

export const command = define({
  usage: 'tenant list',
  describe: 'Compare the tenants of the register with what is vended',
  examples: [
    ['vendhost tenant list --all', 'all tenants in every environment'],
    ['vendhost tenant list --environment dev --json', 'those of dev, as JSON'],
  ],
  options: (parser) => withDirectory(withEnvironments(parser), 'platform.yml and tenants/'),
  async run(args, runtime) {
    const { showTenants } = await import('../../tenant/list/list-tenants.ts');
    return await showTenants(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      environment: choiceFrom(args, runtime),
    });
  },
});
