import type { TenantRecord } from '../../../scripts/config/facts.ts';

/** The log of all hooks of all deployments on an instance (https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-view-logs.html). */
const hooksFile = '/opt/codedeploy-agent/deployment-root/deployment-logs/codedeploy-agent-deployments.log';

export interface LogAgentProps {
  readonly region: string;
  readonly groups: NonNullable<TenantRecord['logs']>;
  /** Files of the software, by the agent's globs. */
  readonly paths: readonly string[];
}

/**
 * The configuration of the CloudWatch agent
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html): one stream for each
 * instance, named after it, and for each of the software's files. It sets no retention and creates no group: the instance's role
 * may do neither.
 */
export function logAgentConfig({ region, groups, paths }: LogAgentProps): object {
  const log_stream_name = '{instance_id}';
  return {
    agent: { region, run_as_user: 'root' },
    logs: {
      logs_collected: {
        files: {
          collect_list: [
            {
              file_path: hooksFile,
              log_group_name: groups.hooks,
              log_stream_name,
              timestamp_format: '[%Y-%m-%d %H:%M:%S.%f]',
            },
            ...paths.map((file_path) => ({
              file_path,
              log_group_name: groups.software,
              log_stream_name,
              // Otherwise, of all files that a pattern matches, only the newest is read.
              publish_multi_logs: true,
            })),
          ],
        },
      },
    },
  };
}
