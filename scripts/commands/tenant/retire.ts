import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { environmentIfNamed, tenantFrom, withDirectory, withDryRun, withEnvironment } from '../options.ts';

export const command = define({
  usage: 'tenant retire <tenant>',
  describe: 'Remove a tenant: rules, host, claims, pipeline, roles, images, revisions; its data only on request',
  examples: [
    ['vendhost tenant retire shop --dry-run', 'show what would be removed, and what stays, in every environment'],
    ['vendhost tenant retire shop --environment dev', 'remove shop from dev; database and files stay'],
    [
      'vendhost tenant retire shop --environment dev --delete-database --delete-files',
      'remove all of it; the final snapshot of the database stays',
    ],
    ['vendhost tenant retire shop --yes-destroy shop', "production requires the tenant's name"],
  ],
  options: (parser) =>
    withDryRun(withDirectory(withEnvironment(parser), 'platform.yml'))
      .positional('tenant', { type: 'string', demandOption: true, describe: 'Name of the tenant' })
      .option('with-traffic', {
        type: 'boolean',
        default: false,
        describe: 'Even if its hosts get requests, or if that is unknown',
      })
      .option('delete-database', {
        type: 'boolean',
        default: false,
        describe: 'Delete the database, after a final snapshot, with its secret and logs',
      })
      .option('delete-files', {
        type: 'boolean',
        default: false,
        describe: "Delete the tenant's bucket with all files in it",
      })
      .option('keep-images', { type: 'boolean', default: false, describe: 'Keep its images and their snapshots' })
      .option('keep-revisions', {
        type: 'boolean',
        default: false,
        describe: 'Keep its revisions and the records of its releases',
      })
      .option('yes-destroy', {
        type: 'string',
        requiresArg: true,
        describe: 'Name of the tenant, required where production is among the environments',
      }),
  async run(args, runtime) {
    const { retireTenant } = await import('../../tenant/retire/retire-tenant.ts');
    return await retireTenant(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      tenant: tenantFrom(args.tenant),
      environment: environmentIfNamed(args.environment, runtime),
      dryRun: args['dry-run'],
      withTraffic: args['with-traffic'],
      yesDestroy: args['yes-destroy'],
      deleteDatabase: args['delete-database'],
      deleteFiles: args['delete-files'],
      keepImages: args['keep-images'],
      keepRevisions: args['keep-revisions'],
    });
  },
});
