import { join } from 'node:path';
import type { Aws } from '../../aws/session.ts';
import type { PlatformFacts } from '../../config/facts.ts';
import type { Place } from '../../config/names.ts';
import type { VendhostConfig } from '../../config/vendhost.ts';
import type { ImageFile } from '../image-files.ts';
import { phaseScripts } from '../packer/packer-events.ts';
import { packerDirectory } from '../packer/run-packer.ts';
import type { SourceAmi } from '../source.ts';

/** What a builder and its image are made from. */
export interface BuilderParts {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly config: VendhostConfig['image'];
  readonly source: SourceAmi;
  readonly run: string;
  readonly imageName: string;
  readonly commit: string;
  readonly aws: Pick<Aws, 'region' | 'endpoint' | 'isLocalCloud'>;
  /** The tenant's scripts. */
  readonly scripts: readonly Pick<ImageFile, 'path'>[];
}

export interface PackerParts extends BuilderParts {
  /** Address of the builder. */
  readonly host: string;
  /** File with the private key. */
  readonly privateKey: string;
  /** Folder to upload. */
  readonly stage: string;
}

/** The values of the template's variables, as written to Packer's variables file. None is a secret. */
export function packerVariables(parts: PackerParts): Record<string, unknown> {
  return {
    ssh_host: parts.host,
    ssh_username: parts.config.source.user,
    ssh_private_key_file: parts.privateKey,
    stage: parts.stage,
    phases: scriptsToRun(parts.scripts),
    script_environment: Object.entries(scriptEnvironment(parts)).map(([name, value]) => `${name}=${value}`),
  };
}

/** Paths of the phases' scripts; of the tenant's, those that exist. */
function scriptsToRun(scripts: BuilderParts['scripts']): string[] {
  const isThere = (name: string) =>
    !['preInstall.sh', 'install.sh'].includes(name) || scripts.some(({ path }) => path === name);
  return [...phaseScripts.keys()].filter(isThere).map((name) => join(packerDirectory, 'phases', name));
}

/**
 * What scripts on the builder may know. Agents come from AWS's own buckets in the region: a job's endpoint is not for
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
    VENDHOST_CLOUDWATCH_AGENT_URL: bucket(`amazoncloudwatch-agent-${region}`),
    VENDHOST_RDS_CA_URL: `${isLocalCloud ? `${endpoint}/` : 'https://'}truststore.pki.rds.amazonaws.com/global/global-bundle.pem`,
    AWS_REGION: region,
    DEBIAN_FRONTEND: 'noninteractive',
  };
}
