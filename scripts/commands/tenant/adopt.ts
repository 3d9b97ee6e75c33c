import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { environmentIfNamed, projectNumber, withDirectory, withDryRun, withEnvironment } from '../options.ts';

export const command = define({
  usage: 'tenant adopt <tenant>',
  describe: 'Vend a tenant, and set up its existing GitLab project like one that vending makes',
  examples: [
    [
      'vendhost tenant adopt shop --dry-run',
      'show what would change in the project and in AWS, and the calls to GitLab',
    ],
    ['vendhost tenant adopt shop', 'protect branches and environments, open the starter merge request, and vend'],
  ],
  options: (parser) =>
    withDryRun(withDirectory(withEnvironment(parser), 'platform.yml and tenants/'))
      .positional('tenant', { type: 'string', demandOption: true, describe: 'Name of the tenant' })
      .option('project-id', {
        type: 'string',
        requiresArg: true,
        coerce: projectNumber('tenant adopt'),
        describe: 'Id of the GitLab project, to move the tenant to another project',
      }),
  async run(args, runtime) {
    const { vendTenant } = await import('../../tenant/vend.ts');
    return await vendTenant(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      tenant: args.tenant,
      environment: environmentIfNamed(args.environment, runtime),
      dryRun: args['dry-run'],
      projectId: args['project-id'],
      adopt: true,
    });
  },
});
