import { resolve } from 'node:path';
import { define } from '../../command.ts';
import { checkIds } from '../../drift/check-ids.ts';
import { environmentIfNamed, withDirectory, withEnvironments } from '../options.ts';

const failures = ['drift', 'unknown', 'never'] as const;

export const command = define({
  usage: 'drift check',
  describe: 'Compare what is deployed with what its stacks say; exit code 2 when something differs',
  examples: [
    ['vendhost drift check --all', 'every environment, in the platform repository'],
    ['vendhost drift check --environment dev --tenant shop', "one tenant's stacks in dev"],
    ['vendhost drift check --all --shard 2/4', 'the second of four jobs that share the work'],
    ['vendhost drift check --all --fail-on drift', 'what could not be checked does not fail the job'],
  ],
  options: (parser) =>
    withDirectory(withEnvironments(parser), 'platform.yml, or the checkout of a tenant')
      .option('tenant', {
        type: 'string',
        requiresArg: true,
        describe: "Only this tenant's stacks [default in a tenant's project: $VENDHOST_TENANT]",
      })
      .option('fail-on', {
        choices: failures,
        array: true,
        requiresArg: true,
        default: ['drift', 'unknown'] as (typeof failures)[number][],
        describe:
          'drift: exit code 2 when something differs; unknown: 1 when something could not be checked; never: the report only',
      })
      .option('check', {
        choices: checkIds,
        array: true,
        requiresArg: true,
        describe: 'Only these checks [default: all]',
      })
      .option('ignore', {
        type: 'string',
        requiresArg: true,
        describe:
          'File in that folder with what to ignore, each with a reason and an end date [default: drift-ignore.yml]',
      })
      .option('shard', {
        type: 'string',
        requiresArg: true,
        describe: 'Check one part of the stacks: 2/4 is the second of four',
      })
      .option('junit', { type: 'string', requiresArg: true, describe: "Write GitLab's unit test report to this file" })
      .option('page', { type: 'string', requiresArg: true, describe: 'Write the report as an HTML page to this file' }),
  async run(args, runtime) {
    const { checkDrift } = await import('../../drift/check-drift.ts');
    return await checkDrift(runtime, {
      directory: resolve(runtime.cwd, args.directory),
      environment: args.all === true ? 'all' : environmentIfNamed(args.environment, runtime),
      tenant: args.tenant,
      failOn: args['fail-on'],
      checks: args.check,
      ignore: args.ignore,
      shard: args.shard,
      junit: args.junit,
      page: args.page,
    });
  },
});
