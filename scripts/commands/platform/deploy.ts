import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { choiceFrom, withDirectory, withDryRun, withEnvironments, withLayer } from '../options.ts';

export const command = define({
  usage: 'platform deploy',
  describe: "Deploy environments' VPC, key, buckets, trail, load balancers and roles",
  examples: [
    ['vendhost platform deploy --environment dev', 'deploy all layers of dev, in order'],
    ['vendhost platform deploy --all', 'deploy all environments, in parallel'],
    ['vendhost platform deploy --environment dev --dry-run', 'show what would change'],
    ['vendhost platform deploy --environment dev --layer access', 'deploy the roles only, as an administrator'],
    ['vendhost platform deploy --environment dev --plan dev.plan.json', 'execute exactly the saved plan'],
  ],
  options: (parser) =>
    withDryRun(withLayer(withDirectory(withEnvironments(parser), 'platform.yml'))).option('plan', {
      type: 'string',
      requiresArg: true,
      describe: 'Execute the change sets of this file, made by `vendhost platform plan --save`',
    }),
  async run(args, runtime) {
    const { deployPlatform } = await import('../../platform/deploy/deploy-platform.ts');
    return await deployPlatform(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      environment: choiceFrom(args, runtime),
      layer: args.layer,
      plan: args.plan,
      dryRun: args['dry-run'],
    });
  },
});
