import { Fn } from 'aws-cdk-lib';
import { databaseCa, type HostFile, hostFile, logAgentFile, type TenantRecord } from '../../../scripts/config/facts.ts';
import type { Place } from '../../../scripts/config/names.ts';
import { logAgentConfig } from './log-agent.ts';
import type { DatabaseParameters } from './parameters.ts';

export interface HostFileProps {
  readonly place: Place;
  readonly region: string;
  readonly hosts: readonly string[];
  readonly port: number;
  /** The tenant's own bucket, if it has one. */
  readonly bucket: string | undefined;
  readonly database: DatabaseParameters | undefined;
  /** Log groups of the tenant, if it has them. */
  readonly logs: TenantRecord['logs'];
  /** Log files of the software. */
  readonly logPaths: readonly string[];
}

/**
 * User data that writes `/etc/vendhost/host.json`, with what the software needs to know about its environment, starts the CloudWatch
 * agent, and then the CodeDeploy agent, which is disabled in the image: no hook runs before the file exists. User data runs once; from then on the
 * agent starts at each boot, and the file stays. It names the database's secret but contains nothing secret, because anyone who may
 * describe the instance can read user data.
 */
export function userData(props: HostFileProps): string {
  const { place, region, hosts, port, bucket, database } = props;
  const { tenant, environment } = place;
  // The environment and the port of the database are checked where they come from.
  const file: Record<keyof HostFile, unknown> = {
    tenant,
    environment,
    region,
    hosts,
    port,
    bucket: bucket ?? null,
    database:
      database === undefined
        ? null
        : {
            secret: `\${${database.secret.logicalId}}`,
            address: `\${${database.address.logicalId}}`,
            port: `\${${database.port.logicalId}}`,
            schema: `\${${database.schema.logicalId}}`,
            ca: databaseCa,
          },
  };
  // The port is a reference to a parameter, so it is a string in this JSON; the software gets a number.
  const json = JSON.stringify(file, null, 2).replace(/"port": "([^"]+)"/, '"port": $1');
  const script = `#!/bin/bash
set -eu
mkdir -p /etc/vendhost
cat > ${hostFile}.new <<'END'
${json}
END
chmod 0644 ${hostFile}.new
mv ${hostFile}.new ${hostFile}
${logLines(props)}systemctl enable --now codedeploy-agent
`;
  return Fn.base64(database === undefined ? script : Fn.sub(script));
}

/**
 * An image of an older version has no CloudWatch agent. Logs must not cost an instance: it fails neither without the agent nor because of it. The
 * tenant's own configuration stays; this one is appended to it.
 */
function logLines({ region, logs, logPaths }: HostFileProps): string {
  if (logs === undefined) return '';
  const config = JSON.stringify(logAgentConfig({ region, groups: logs, paths: logPaths }));
  return `cat > ${logAgentFile} <<'LOGS'
${config}
LOGS
agent=/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl
if ! { [ -x "$agent" ] && "$agent" -a append-config -m ec2 -s -c file:${logAgentFile}; }; then
  echo 'the CloudWatch agent does not run: logs stay on this instance' >&2
fi
`;
}
