import { define } from '../command.ts';
import { environmentIfNamed, withPlace } from './options.ts';

export const command = define({
  usage: 'doctor',
  describe: 'Check whether this machine or image has what commands need, and whether GitLab and AWS answer',
  examples: [
    [
      'vendhost doctor',
      'versions, folders, GitLab, AWS, credentials, rights, clock; exit code 1 when there is a fault',
    ],
    ['vendhost doctor --tenant shop --environment dev', "also the rights of that tenant's role, if IAM may be asked"],
  ],
  options: (parser) => withPlace(parser),
  async run(args, runtime) {
    const { diagnose } = await import('../doctor/diagnose.ts');
    const tenant = args.tenant || runtime.env.VENDHOST_TENANT;
    const environment = environmentIfNamed(args.environment, runtime);
    return await diagnose(runtime, tenant && environment ? { tenant, environment } : undefined);
  },
});
