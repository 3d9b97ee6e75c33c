import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { environmentFrom, withDirectory, withDryRun, withEnvironment } from '../options.ts';

export const command = define({
  usage: 'platform deploy',
  describe: "Deploy an environment's VPC, key, bucket, trail, load balancer and roles",
  examples: [
    ['vendhost platform deploy --environment dev', 'deploy what platform.yml says of dev'],
    ['vendhost platform deploy --environment dev --dry-run', 'show what would change'],
  ],
  options: (parser) => withDryRun(withDirectory(withEnvironment(parser), 'platform.yml')),
  async run(args, runtime) {
    const { deployPlatform } = await import('../../platform/deploy.ts');
    return await deployPlatform(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      environment: environmentFrom(args.environment, runtime),
      dryRun: args['dry-run'],
    });
  },
});
