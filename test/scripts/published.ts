import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { factsSchema, type TenantRecord } from '../../scripts/config/facts.ts';
import { names, type Place } from '../../scripts/config/names.ts';
import { limits } from '../../scripts/config/tenant.ts';
import { clientConfig } from '../local-cloud/tests/stacks.ts';

/** What of a platform a job in an account finds: facts, a versioned bucket, a tenant's record. */
export interface Published {
  readonly s3: S3Client;
  readonly bucket: string;
}

/** Publishes a platform of an account of the test file's own, and vends the tenant; only the bucket is real. */
export async function publish(endpoint: string, account: string, place: Place): Promise<Published> {
  const config = clientConfig(endpoint, account);
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const ssm = new SSMClient(config);
  const bucket = names.bucket(place.environment, account, 'eu-west-1');
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const versioning = { Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' as const } };
  await s3.send(new PutBucketVersioningCommand(versioning));
  const facts = Object.keys(factsSchema.shape).map((name) => [name, 'unused']);
  const values = { ...Object.fromEntries(facts), bucket, approval: 'false' };
  const put = (Name: string, Value: string) => ssm.send(new PutParameterCommand({ Name, Value, Type: 'String' }));
  for (const [name, value] of Object.entries(values)) {
    await put(`${names.factsPath(place.environment)}/${name}`, String(value));
  }
  await put(names.tenantRecord(place), JSON.stringify(recordOf(place, account)));
  return { s3, bucket };
}

function recordOf({ tenant, environment }: Place, account: string): TenantRecord {
  const role = (name: string) => `arn:aws:iam::${account}:role/${name}`;
  return {
    tenant,
    project: `acme/${tenant}`,
    branch: environment,
    hosts: [`${tenant}.dev.example.com`],
    loadBalancer: 1,
    limits: limits.parse({}),
    roles: {
      deploy: role('deploy'),
      plan: role('plan'),
      execution: role('execution'),
      instance: role('instance'),
      instanceProfile: 'instance',
      pipeline: role('pipeline'),
      codedeploy: role('codedeploy'),
    },
  };
}
