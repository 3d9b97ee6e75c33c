import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { withDirectory } from '../options.ts';

export const command = define({
  usage: 'config check',
  describe: "Check a tenant's vendhost.yml, scripts and appspec.yml, or a platform's platform.yml and tenants/",
  examples: [['vendhost config check', 'check the repository in this folder; every fault is listed at once']],
  options: (parser) => withDirectory(parser, 'the repository'),
  async run(args, runtime) {
    const { checkRepository } = await import('../../repository/check.ts');
    return await checkRepository(runtime, { directory: resolve(runtime.cwd, args.directory) });
  },
});
