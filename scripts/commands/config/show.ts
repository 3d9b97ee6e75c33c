import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { withDirectory } from '../options.ts';

export const command = define({
  usage: 'config show',
  describe: 'Show vendhost.yml, or platform.yml and tenants/, with every default filled in',
  examples: [
    ['vendhost config show', 'as YAML'],
    ['vendhost config show --json', 'as JSON'],
  ],
  options: (parser) => withDirectory(parser, 'the repository'),
  async run(args, runtime) {
    const { showConfig } = await import('../../repository/show.ts');
    return await showConfig(runtime, { directory: resolve(runtime.cwd, args.directory) });
  },
});
