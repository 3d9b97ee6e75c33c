import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { logAgentConfig } from '../../../cdk/tenant/host/log-agent.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';

/** The agent's own (`cloudwatch-agent/README.md`), of draft 4, of which it uses what later drafts know. */
const { $schema: _, ...schema } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'cloudwatch-agent/schema.json'), 'utf8'),
);
const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);

const groups = { hooks: '/vendhost/hosts/dev/shop/hooks', software: '/vendhost/hosts/dev/shop/software' };
const config = (paths: readonly string[]) => logAgentConfig({ region: 'eu-west-1', groups, paths });

test('the agent takes the configuration, with and without files of the software', () => {
  for (const paths of [[], ['/var/log/shop/*.log', '/srv/**/out.?']]) {
    expect(validate(config(paths)), JSON.stringify(validate.errors)).toBe(true);
  }
  expect(validate({ logs: { logs_collected: { files: { collect_list: [{ path: 'x' }] } } } })).toBe(false);
});

test('hooks go to one group, all files of the software to the other', () => {
  expect(config(['/var/log/shop/*.log'])).toEqual({
    agent: { region: 'eu-west-1', run_as_user: 'root' },
    logs: {
      logs_collected: {
        files: {
          collect_list: [
            {
              file_path: '/opt/codedeploy-agent/deployment-root/deployment-logs/codedeploy-agent-deployments.log',
              log_group_name: groups.hooks,
              log_stream_name: '{instance_id}',
              timestamp_format: '[%Y-%m-%d %H:%M:%S.%f]',
            },
            {
              file_path: '/var/log/shop/*.log',
              log_group_name: groups.software,
              log_stream_name: '{instance_id}',
              publish_multi_logs: true,
            },
          ],
        },
      },
    },
  });
});

test.each([
  ['var/log/app.log'],
  ['/var/log/$HOME.log'],
  ['/var/log/../shadow'],
  ['/var/log/a b.log'],
  ["/var/log/x'\nLOGS"],
])('vendhost.yml takes no path like %j', (path) => {
  expect(vendhostSchema.safeParse({ logs: [path] }).success).toBe(false);
});
