import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { environmentIfNamed, projectNumber, withDirectory, withDryRun, withEnvironment } from '../options.ts';

export const command = define({
  usage: 'tenant vend <tenant>',
  describe: 'Give a tenant its roles, hosts, listener rules, pipeline, record and GitLab project',
  examples: [
    [
      'vendhost tenant vend shop',
      'vend shop in every environment with hosts in tenants/shop.yml that the credentials reach',
    ],
    ['vendhost tenant vend shop --environment dev --dry-run', 'show what vending shop in dev would change'],
    ['vendhost tenant vend shop --protect-branches', "vend shop, and protect its environments' branches in GitLab"],
  ],
  options: (parser) =>
    withDryRun(withDirectory(withEnvironment(parser), 'platform.yml and tenants/'))
      .positional('tenant', { type: 'string', demandOption: true, describe: 'Name of the tenant' })
      .option('protect-branches', {
        type: 'boolean',
        default: false,
        describe: "Protect the environments' branches in GitLab where they are not: Maintainers push and merge",
      })
      .option('allow-library', {
        type: 'boolean',
        default: false,
        describe: "Add the project to the library's job token allowlist where its jobs could not pull the image",
      })
      .option('project-id', {
        type: 'string',
        requiresArg: true,
        coerce: projectNumber('tenant vend'),
        describe: 'Id of the GitLab project, to move the tenant to another project',
      })
      .option('set-subject', {
        type: 'boolean',
        default: false,
        describe: 'Set the subject of its ID tokens; the roles of environments that are left out must trust it already',
      }),
  async run(args, runtime) {
    const { vendTenant } = await import('../../tenant/vend.ts');
    return await vendTenant(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      tenant: args.tenant,
      environment: environmentIfNamed(args.environment, runtime),
      dryRun: args['dry-run'],
      protectBranches: args['protect-branches'],
      allowLibrary: args['allow-library'],
      projectId: args['project-id'],
      setSubject: args['set-subject'],
    });
  },
});
