import type { Environment } from '../../scripts/config/environment.ts';
import { isPromoted } from '../../scripts/config/files.ts';
import type { EnvironmentConfig, PlatformConfig } from '../../scripts/config/platform.ts';

export interface PlatformProps {
  readonly environment: Environment;
  readonly config: EnvironmentConfig;
  /** Issuer of GitLab's ID tokens: an address without a slash at the end. */
  readonly issuer: string;
  /** Audience of the jobs' ID tokens. */
  readonly audience: string;
  /** Zones of the subnets; without them CloudFormation asks for them at each update, as in networks of older versions. */
  readonly zones?: readonly string[] | undefined;
  /** The platform's own project and the branch that deploys; without it there are no roles for the project's jobs. */
  readonly project?: { readonly path: string; readonly branch: string };
  /** Whether another environment takes images of this one. */
  readonly isPromoted: boolean;
}

/** Takes from `platform.yml` what the stacks of an environment need. */
export function platformProps(
  platform: PlatformConfig,
  environment: Environment,
  config: EnvironmentConfig,
): PlatformProps {
  const { issuer, audience, project, branch } = platform;
  return {
    environment,
    config,
    issuer,
    audience,
    isPromoted: isPromoted(platform, environment),
    ...(project === undefined ? {} : { project: { path: project, branch } }),
  };
}
