import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { choiceFrom, withDirectory, withDryRun, withEnvironments } from '../options.ts';

export const command = define({
  usage: 'platform destroy',
  describe: "Destroy environments' stacks and buckets; refused while they have tenants",
  examples: [
    ['vendhost platform destroy --environment dev --dry-run', 'show what would be destroyed and what is kept'],
    ['vendhost platform destroy --environment dev', 'destroy dev, with everything in its buckets'],
    ['vendhost platform destroy --all --dry-run', 'show the same for every environment'],
    [
      'vendhost platform destroy --environment production --yes-destroy NAME',
      "NAME is the platform's name in platform.yml",
    ],
  ],
  options: (parser) =>
    withDryRun(withDirectory(withEnvironments(parser), 'platform.yml')).option('yes-destroy', {
      type: 'string',
      requiresArg: true,
      describe: 'Name of the platform, required to destroy production',
    }),
  async run(args, runtime) {
    const { destroyPlatform } = await import('../../platform/destroy/destroy-platform.ts');
    return await destroyPlatform(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      environment: choiceFrom(args, runtime),
      yesDestroy: args['yes-destroy'],
      dryRun: args['dry-run'],
    });
  },
});
