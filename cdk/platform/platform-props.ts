import type { Environment } from '../../scripts/config/environment.ts';
import type { EnvironmentConfig, PlatformConfig } from '../../scripts/config/platform.ts';

export interface PlatformProps {
  readonly environment: Environment;
  readonly config: EnvironmentConfig;
  /** Address of GitLab, without a slash at the end: the issuer of its ID tokens. */
  readonly gitlab: string;
  /** What the jobs' ID tokens name as their audience. */
  readonly audience: string;
  /** The platform's own project and the branch that deploys; its jobs get roles only if it is known. */
  readonly project?: { readonly path: string; readonly branch: string };
}

/** What the stacks of an environment need to know, out of `platform.yml`. */
export function platformProps(
  platform: PlatformConfig,
  environment: Environment,
  config: EnvironmentConfig,
): PlatformProps {
  const { gitlab, audience, project, branch } = platform;
  return {
    environment,
    config,
    gitlab,
    audience,
    ...(project === undefined ? {} : { project: { path: project, branch } }),
  };
}
