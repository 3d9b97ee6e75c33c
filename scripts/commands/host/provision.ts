import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { placeFrom, switchFrom, withDirectory, withDryRun, withPlace } from '../options.ts';

export const command = define({
  usage: 'host provision',
  describe: 'Deploy a virtual host: health check, data and host stacks, instances',
  examples: [
    ['vendhost host provision --tenant shop --environment dev --image ami-0abc…', 'deploy with this image'],
    [
      'vendhost host provision --tenant shop --environment dev --image ami-0abc… --dry-run',
      'show what would change, and whether instances are replaced',
    ],
  ],
  options: (parser) =>
    withDryRun(withDirectory(withPlace(parser), 'vendhost.yml'))
      .option('image', {
        type: 'string',
        requiresArg: true,
        describe: 'AMI of the instances [default: $VENDHOST_IMAGE_ID]',
      })
      .option('only-image', {
        type: 'boolean',
        describe:
          'Fail if anything but the image would change: for schedules that apply patches [default: $VENDHOST_ONLY_IMAGE]',
      })
      .option('full', {
        type: 'boolean',
        default: false,
        describe: 'Compare the whole stacks, even when the provision key says that nothing differs',
      }),
  async run(args, runtime) {
    const { provisionBranch } = await import('../../release/rollback/provision-branch.ts');
    return await provisionBranch(runtime, {
      ...placeFrom(args, runtime),
      directory: resolve(runtime.cwd, args.directory),
      image: args.image ?? runtime.env.VENDHOST_IMAGE_ID,
      dryRun: args['dry-run'],
      full: args.full,
      onlyImage: switchFrom(args['only-image'], 'VENDHOST_ONLY_IMAGE', runtime.env),
    });
  },
});
