import { Fn } from 'aws-cdk-lib';
import { databaseCa, type HostFile, hostFile } from '../../../scripts/config/facts.ts';
import type { Place } from '../../../scripts/config/names.ts';
import type { DatabaseParameters } from './parameters.ts';

export interface HostFileProps {
  readonly place: Place;
  readonly region: string;
  readonly hosts: readonly string[];
  readonly port: number;
  /** Bucket of the tenant's own, if it has one. */
  readonly bucket: string | undefined;
  readonly database: DatabaseParameters | undefined;
}

/**
 * User data that writes `/etc/vendhost/host.json`, with what the software needs to know about its environment, and then starts the
 * CodeDeploy agent, which is disabled in the image: no hook runs before the file is there. User data runs once; from then on the
 * agent starts at each boot, and the file stays. It names the database's secret but contains nothing secret, because whoever may
 * describe the instance can read user data.
 */
export function userData({ place, region, hosts, port, bucket, database }: HostFileProps): string {
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
systemctl enable --now codedeploy-agent
`;
  return Fn.base64(database === undefined ? script : Fn.sub(script));
}
