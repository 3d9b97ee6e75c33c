import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { tenantQuestions } from '../../init/tenant/tenant-questions.ts';
import { withDirectory, withDryRun, withQuestions } from '../options.ts';

export const command = define({
  usage: 'init tenant',
  describe: "Write the first files of a tenant's repository; at a terminal it asks for missing options",
  examples: [
    ['vendhost init tenant', 'ask for everything, then write the files here'],
    ['vendhost init tenant --tenant shop', 'a page on nginx, without a database'],
    [
      'vendhost init tenant --tenant shop --half software',
      'the software alone: infrastructure/ has another repository',
    ],
    ['vendhost init tenant --tenant shop --dry-run', 'show the files'],
  ],
  options: (parser) =>
    withQuestions(
      withDryRun(withDirectory(parser, 'the new repository; nothing in it is overwritten')).option('half', {
        choices: ['infrastructure', 'software'] as const,
        requiresArg: true,
        describe: 'Only the files of this half, for a tenant with a repository for each',
      }),
      tenantQuestions,
    ),
  async run(args, runtime) {
    const { initTenant } = await import('../../init/tenant/init-tenant.ts');
    return await initTenant(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      dryRun: args['dry-run'],
      given: args,
    });
  },
});
