import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { choiceFrom, withDirectory, withEnvironments } from '../options.ts';

export const command = define({
  usage: 'platform status',
  describe: "Show environments' stacks, load balancers and tenants; exit code 2 when something is not healthy",
  examples: [
    ['vendhost platform status --environment dev', 'show the status of dev'],
    ['vendhost platform status --all --json', 'every environment, as JSON'],
  ],
  options: (parser) => withDirectory(withEnvironments(parser), 'platform.yml'),
  async run(args, runtime) {
    const { platformStatus } = await import('../../platform/status/platform-status.ts');
    return await platformStatus(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      environment: choiceFrom(args, runtime),
    });
  },
});
