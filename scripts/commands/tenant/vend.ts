import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { environmentIfNamed, withDirectory, withDryRun, withEnvironment } from '../options.ts';

export const command = define({
  usage: 'tenant vend <tenant>',
  describe: 'Give a tenant its roles, host claims, record and GitLab variables',
  examples: [
    [
      'vendhost tenant vend shop',
      'vend shop in every environment with hosts in tenants/shop.yml that the credentials reach',
    ],
    ['vendhost tenant vend shop --environment dev --dry-run', 'show what vending shop in dev would change'],
  ],
  options: (parser) =>
    withDryRun(withDirectory(withEnvironment(parser), 'platform.yml and tenants/')).positional('tenant', {
      type: 'string',
      demandOption: true,
      describe: 'Name of the tenant',
    }),
  async run(args, runtime) {
    const { vendTenant } = await import('../../tenant/vend.ts');
    return await vendTenant(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      tenant: args.tenant,
      environment: environmentIfNamed(args.environment, runtime),
      dryRun: args['dry-run'],
    });
  },
});
