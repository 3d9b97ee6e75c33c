import type { App } from 'aws-cdk-lib';
import type { Environment } from '../../scripts/config/environment.ts';
import type { EnvironmentConfig, PlatformConfig } from '../../scripts/config/platform.ts';
import { type AppProps, newApp } from '../app.ts';
import { AccessStack } from './access.ts';
import { BalancerStack } from './balancer.ts';
import { NetworkStack } from './network.ts';
import { StorageStack } from './storage.ts';

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

/** The stacks of one environment's platform. */
export function platformApp(app: AppProps, props: PlatformProps): App {
  const made = newApp(app);
  new NetworkStack(made, props);
  new StorageStack(made, props);
  new AccessStack(made, props);
  for (let number = 1; number <= props.config.load_balancers; number += 1) new BalancerStack(made, props, number);
  return made;
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
