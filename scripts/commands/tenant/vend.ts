import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { VendhostError } from '../../errors.ts';
import {
  environmentFrom,
  environmentIfNamed,
  projectNumber,
  withDirectory,
  withDryRun,
  withEnvironment,
} from '../options.ts';

function oneOrChanged(message: string): VendhostError {
  return new VendhostError('USAGE', message, { hint: 'see `vendhost tenant vend --help`' });
}

export const command = define({
  usage: 'tenant vend [tenant]',
  describe: 'Give a tenant its roles, hosts, listener rules, pipeline, record and GitLab project',
  examples: [
    [
      'vendhost tenant vend shop',
      'vend shop in every environment with hosts in tenants/shop.yml that the credentials reach',
    ],
    ['vendhost tenant vend shop --environment dev --dry-run', 'show what vending shop in dev would change'],
    ['vendhost tenant vend blog,shop', 'vend both: a host that moves is released before it is claimed'],
    ['vendhost tenant vend --changed --environment dev', 'vend every tenant of dev that is not as tenants/ says'],
    ['vendhost tenant vend shop --protect-branches', "vend shop, and protect its environments' branches in GitLab"],
  ],
  options: (parser) =>
    withDryRun(withDirectory(withEnvironment(parser), 'platform.yml and tenants/'))
      .positional('tenant', {
        type: 'string',
        describe: 'Name of the tenant; of several, separated by commas, the one that releases a host is vended first',
      })
      .option('changed', {
        type: 'boolean',
        default: false,
        describe: 'Vend all tenants of the environment that differ from tenants/, instead of one',
      })
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
      .option('rotate-webhook', {
        type: 'boolean',
        default: false,
        describe: 'Replace the tokens of the webhook and of the builds, where the project has no runner',
      })
      .option('dns-moved', {
        type: 'boolean',
        default: false,
        describe: "Treat the hosts' DNS records as moved to the file's load balancer, if DNS does not show it",
      })
      .option('set-subject', {
        type: 'boolean',
        default: false,
        describe: 'Set the subject of its ID tokens; the roles of environments that are left out must trust it already',
      }),
  async run(args, runtime) {
    const directory = resolve(runtime.cwd, args.directory);
    if (args.changed) {
      const others = {
        [args.tenant ?? '']: args.tenant,
        '--project-id': args['project-id'],
        '--set-subject': args['set-subject'] || undefined,
        '--dns-moved': args['dns-moved'] || undefined,
        '--rotate-webhook': args['rotate-webhook'] || undefined,
      };
      const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
      if (other !== undefined) throw oneOrChanged(`--changed and ${other} were both given`);
      const { vendChanged } = await import('../../tenant/register/vend-changed.ts');
      const environment = environmentFrom(args.environment, runtime);
      return await vendChanged(runtime, { directory, environment, dryRun: args['dry-run'] });
    }
    if (args.tenant === undefined) throw oneOrChanged('a tenant is missing, or --changed for all that differ');
    const [tenant = '', ...others] = [...new Set(args.tenant.split(','))];
    const options = {
      directory,
      environment: environmentIfNamed(args.environment, runtime),
      dryRun: args['dry-run'],
      protectBranches: args['protect-branches'],
      allowLibrary: args['allow-library'],
      rotateWebhook: args['rotate-webhook'],
      dnsMoved: args['dns-moved'],
      setSubject: args['set-subject'],
    };
    const projectId = args['project-id'];
    if (others.length === 0) {
      const { vendTenant } = await import('../../tenant/vend.ts');
      return await vendTenant(runtime, { ...options, tenant, projectId });
    }
    if (projectId !== undefined) {
      throw new VendhostError('USAGE', `--project-id ${projectId} is for one tenant, not for ${args.tenant}`, {
        hint: 'see `vendhost tenant vend --help`',
      });
    }
    const { vendTenants } = await import('../../tenant/moves/vend-tenants.ts');
    return await vendTenants(runtime, { ...options, tenants: [tenant, ...others] });
  },
});
