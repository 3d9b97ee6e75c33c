import { define } from '../command.ts';
import { environmentIfNamed, withPlace } from './options.ts';

export const command = define({
  usage: 'explain <name>',
  describe: 'Show where a host, instance, image or revision comes from: commit, author, image, release, approval',
  examples: [
    ['vendhost explain shop.dev.example.com', 'from the commit that runs to the host'],
    ['vendhost explain i-0123456789abcdef0', 'what an instance has, and who brought it there'],
    ['vendhost explain 01234567 --tenant shop', 'what became of a commit, revision or execution'],
    ['vendhost explain ami-0123456789abcdef0 --json', 'an image, as JSON'],
  ],
  options: (parser) =>
    withPlace(parser).positional('name', {
      type: 'string',
      demandOption: true,
      describe: 'Host, instance, image, or release by its revision, commit or execution, or how that begins',
    }),
  async run(args, runtime) {
    const { explainName } = await import('../explain/explain-name.ts');
    const tenant = args.tenant || runtime.env.VENDHOST_TENANT;
    return await explainName(runtime, {
      name: args.name,
      tenant,
      environment: environmentIfNamed(args.environment, runtime),
    });
  },
});
