import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { choiceFrom, withDirectory, withEnvironments } from '../options.ts';

export const command = define({
  usage: 'tenant plan [tenant]',
  describe: 'Show which tenants are to be vended, changed and retired; exit code 2 when any is',
  examples: [
    ['vendhost tenant plan --environment dev', 'compare all of tenants/ with what dev has'],
    ['vendhost tenant plan shop --all', 'shop, in every environment of platform.yml'],
    ['vendhost tenant plan --all --json', 'everything, as JSON'],
  ],
  options: (parser) =>
    withDirectory(withEnvironments(parser), 'platform.yml and tenants/').positional('tenant', {
      type: 'string',
      describe: 'Name of the tenant; all of tenants/ without it',
    }),
  async run(args, runtime) {
    const { planTenants } = await import('../../tenant/register/plan-tenants.ts');
    return await planTenants(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      tenant: args.tenant,
      environment: choiceFrom(args, runtime),
    });
  },
});
