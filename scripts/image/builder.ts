import { join } from 'node:path';
import type { Aws } from '../aws/session.ts';
import type { PlatformFacts } from '../config/facts.ts';
import { type Place, tags } from '../config/names.ts';
import type { VendhostConfig } from '../config/vendhost.ts';
import { keyPairName, runTag, runTags } from './bake-run.ts';
import type { ImageFile } from './image-files.ts';
import { phaseScripts } from './packer/packer-events.ts';
import { packerDirectory } from './packer/run-packer.ts';
import type { SourceAmi } from './source.ts';

export interface BuilderParts {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly config: VendhostConfig['image'];
  readonly source: SourceAmi;
  readonly run: string;
  readonly imageName: string;
  readonly bakeKey: string;
  readonly commit: string;
  readonly stage: string;
  readonly aws: Pick<Aws, 'region' | 'endpoint' | 'isLocalCloud' | 'pace'>;
  /** The tenant's scripts. */
  readonly scripts: readonly Pick<ImageFile, 'path'>[];
  /** Id of the builder's security group. */
  readonly securityGroup: string;
}

/** The values of the template's variables, as written to Packer's variables file. None is a secret. */
export function packerVariables(parts: BuilderParts): Record<string, unknown> {
  const { place, facts, config, source, aws } = parts;
  const common = tags(place.environment, 'image', place.tenant);
  return {
    region: aws.region,
    endpoint: aws.endpoint ?? '',
    local_cloud: aws.isLocalCloud,
    image_name: parts.imageName,
    image_tags: {
      ...common,
      [runTag]: parts.run,
      Name: parts.imageName,
      'vendhost:source-ami': source.id,
      ...(parts.commit === '' ? {} : { 'vendhost:commit': parts.commit }),
    },
    run_tags: { ...runTags(place, parts.run), Name: `${parts.imageName}-builder` },
    run_id: keyPairName(parts.run),
    source_ami: source.id,
    ssh_username: config.source.user,
    ...network(facts),
    security_group_id: parts.securityGroup,
    instance_type: config.builder_type,
    instance_profile: facts['builder-instance-profile'],
    vpc_id: facts['vpc-id'],
    device_name: source.rootDevice,
    volume_gib: config.volume_gib,
    kms_key_id: facts['key-arn'],
    stage: parts.stage,
    phases: scriptsToRun(parts.scripts),
    script_environment: Object.entries(scriptEnvironment(parts)).map(([name, value]) => `${name}=${value}`),
    poll_seconds: Math.ceil(aws.pace.longest / 1000),
  };
}

/** Credentials and endpoint for Packer's own process. Its current plug-in tags through a client that knows the variable only. */
export async function packerEnvironment(aws: Aws): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = await aws.credentials();
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
    AWS_REGION: aws.region,
    // The credentials are above: Packer need not ask whether this machine is an instance with a role.
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(aws.endpoint === undefined ? {} : { AWS_ENDPOINT_URL: aws.endpoint, AWS_ENDPOINT_URL_EC2: aws.endpoint }),
  };
}

/** Where the builder stands, which the platform says for all tenants of the environment. */
function network(facts: PlatformFacts): Record<string, unknown> {
  return facts['builder-access'] === 'public'
    ? { ssh_interface: 'public_ip', subnet_id: facts['public-subnet-ids'][0] }
    : { ssh_interface: 'private_ip', subnet_id: facts['egress-subnet-ids'][0] };
}

/** Paths of the phases' scripts. */
function scriptsToRun(scripts: BuilderParts['scripts']): string[] {
  const isThere = (name: string) => name !== 'preInstall.sh' || scripts.some(({ path }) => path === name);
  return [...phaseScripts.keys()].filter(isThere).map((name) => join(packerDirectory, 'phases', name));
}

/**
 * What scripts on the builder may know. Agents come from AWS's own buckets in the region: an endpoint of the job is not for
 * the builder, but the local cloud's instances reach nothing else.
 */
function scriptEnvironment({ place, aws }: BuilderParts): Record<string, string> {
  const { region, endpoint, isLocalCloud } = aws;
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const bucket = (name: string) => (isLocalCloud ? `${endpoint}/${name}` : `https://${name}.s3.${region}.${suffix}`);
  return {
    VENDHOST_TENANT: place.tenant,
    VENDHOST_ENVIRONMENT: place.environment,
    ...(isLocalCloud ? { VENDHOST_LOCAL_CLOUD: '1' } : {}),
    VENDHOST_CODEDEPLOY_URL: bucket(`aws-codedeploy-${region}`),
    VENDHOST_SSM_URL: bucket(`amazon-ssm-${region}`),
    AWS_REGION: region,
    DEBIAN_FRONTEND: 'noninteractive',
  };
}
