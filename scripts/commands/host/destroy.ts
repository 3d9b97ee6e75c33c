import { define } from '../../command.ts';
import { placeFrom, withDryRun, withPlace } from '../options.ts';

export const command = define({
  usage: 'host destroy',
  describe: "Delete a tenant's virtual host in one environment; database, files and what vending made stay",
  examples: [
    [
      'vendhost host destroy --tenant shop --environment dev --dry-run',
      'show what would be removed, what stays, and the requests',
    ],
    ['vendhost host destroy --tenant shop --environment dev', 'destroy it, unless it gets requests'],
    [
      'vendhost host destroy --tenant shop --environment production --yes-destroy shop',
      "production requires the tenant's name",
    ],
  ],
  options: (parser) =>
    withDryRun(withPlace(parser))
      .option('with-traffic', {
        type: 'boolean',
        default: false,
        describe: 'Even if its hosts get requests, or if that is unknown',
      })
      .option('yes-destroy', {
        type: 'string',
        requiresArg: true,
        describe: 'Name of the tenant, required in production',
      }),
  async run(args, runtime) {
    const { destroyHost } = await import('../../host/destroy/destroy-host.ts');
    return await destroyHost(runtime, {
      ...placeFrom(args, runtime),
      withTraffic: args['with-traffic'],
      yesDestroy: args['yes-destroy'],
      dryRun: args['dry-run'],
    });
  },
});
