import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { platformQuestions } from '../../init/platform/platform-questions.ts';
import { withDirectory, withDryRun, withQuestions } from '../options.ts';

export const command = define({
  usage: 'init platform',
  describe: "Write the first files of a platform's repository; at a terminal it asks for missing options",
  examples: [
    ['vendhost init platform', 'ask for everything, then write the files here'],
    [
      'vendhost init platform --name lanterns --project operations/lanterns --account 111111111111 --region eu-west-1 --domain example.com',
      'three environments in one account',
    ],
    ['vendhost init platform --dry-run', 'show the files'],
  ],
  options: (parser) =>
    withQuestions(
      withDryRun(withDirectory(parser, 'the new repository; nothing in it is overwritten')),
      platformQuestions,
    ),
  async run(args, runtime) {
    const { initPlatform } = await import('../../init/platform/init-platform.ts');
    return await initPlatform(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      dryRun: args['dry-run'],
      given: args,
    });
  },
});
