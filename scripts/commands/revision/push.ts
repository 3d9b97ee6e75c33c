import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { placeFrom, switchFrom, withDirectory, withDryRun, withPlace } from '../options.ts';

export const command = define({
  usage: 'revision push',
  describe: 'Zip the software, name it by its content and upload it unless it exists',
  examples: [
    ['vendhost revision push --tenant shop --environment dev', 'upload the revision of this checkout'],
    ['vendhost revision push --tenant shop --environment dev --dry-run', 'name the revision, upload nothing'],
    [
      'vendhost revision push --tenant shop --environment dev --require-provisioned',
      'upload it only if the virtual host needs no bake and no provision',
    ],
  ],
  options: (parser) =>
    withDryRun(withDirectory(withPlace(parser), 'vendhost.yml')).option('require-provisioned', {
      type: 'boolean',
      describe: 'Refuse unless the virtual host is what this checkout says [default: $VENDHOST_REQUIRE_PROVISIONED]',
    }),
  async run(args, runtime) {
    const { pushRevision } = await import('../../revision/push.ts');
    return await pushRevision(runtime, {
      ...placeFrom(args, runtime),
      directory: resolve(runtime.cwd, args.directory),
      dryRun: args['dry-run'],
      requireProvisioned: switchFrom(args['require-provisioned'], 'VENDHOST_REQUIRE_PROVISIONED', runtime.env),
    });
  },
});
