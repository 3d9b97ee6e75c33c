import type { Aws } from '../aws/session.ts';
import type { PlatformFacts } from '../config/facts.ts';
import { type Place, tags } from '../config/names.ts';
import type { VendhostConfig } from '../config/vendhost.ts';
import { VendhostError } from '../errors.ts';
import type { SourceAmi } from './source.ts';

/** The tag by which a run's own resources are found. */
export const runTag = 'vendhost:bake-run';

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
  /** `VENDHOST_BUILDER_ACCESS`. */
  readonly access: string | undefined;
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
      Name: parts.imageName,
      'vendhost:source-ami': source.id,
      ...(parts.commit === '' ? {} : { 'vendhost:commit': parts.commit }),
    },
    run_tags: { ...common, Name: `${parts.imageName}-builder`, [runTag]: parts.run },
    run_id: keyPairName(parts.run),
    source_ami: source.id,
    ssh_username: config.source.user,
    ...network(facts, parts.access),
    instance_type: config.builder_type,
    instance_profile: facts['builder-instance-profile'],
    vpc_id: facts['vpc-id'],
    device_name: source.rootDevice,
    volume_gib: config.volume_gib,
    kms_key_id: facts['key-arn'],
    stage: parts.stage,
    script_environment: Object.entries(scriptEnvironment(parts)).map(([name, value]) => `${name}=${value}`),
    poll_seconds: Math.ceil(aws.pace.longest / 1000),
  };
}

export function keyPairName(run: string): string {
  return `vendhost-bake-${run}`;
}

/** Credentials and endpoint for Packer's own process. Its current plug-in tags through a client that knows the variable only. */
export async function packerEnvironment(aws: Aws): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = await aws.credentials();
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
    AWS_REGION: aws.region,
    // All there is to know is above: nobody needs to look whether this is an instance with a role of its own.
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(aws.endpoint === undefined ? {} : { AWS_ENDPOINT_URL: aws.endpoint, AWS_ENDPOINT_URL_EC2: aws.endpoint }),
  };
}

/** Where the builder stands and who reaches its port 22. A runner outside the VPC has no fixed address, so only the key protects it. */
function network(facts: PlatformFacts, access: string | undefined): Record<string, unknown> {
  if (access === undefined || access === '' || access === 'public') {
    return { ssh_interface: 'public_ip', ssh_source_cidr: '0.0.0.0/0', subnet_id: facts['public-subnet-ids'][0] };
  }
  if (access === 'private') {
    return {
      ssh_interface: 'private_ip',
      ssh_source_cidr: facts['vpc-cidr'],
      subnet_id: facts['egress-subnet-ids'][0],
    };
  }
  throw new VendhostError('BUILDER_ACCESS', `VENDHOST_BUILDER_ACCESS is "${access}"`, {
    hint: 'set it to public (runners outside the VPC) or private (runners inside)',
  });
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
