import { type Environment, mostLoadBalancers } from '../../../scripts/config/environment.ts';
import { names, type PlatformLayer } from '../../../scripts/config/names.ts';
import { type EnvironmentConfig, partitionOf } from '../../../scripts/config/platform.ts';
import { Arns } from '../../arns.ts';
import type { Condition } from '../../role.ts';

/** The ARNs and conditions that tell one environment's platform from all else in its account. */
export class PlatformScope extends Arns {
  readonly environment: Environment;
  readonly config: EnvironmentConfig;

  constructor(environment: Environment, config: EnvironmentConfig) {
    const { account, region } = config;
    super({ partition: partitionOf(config), account, region });
    this.environment = environment;
    this.config = config;
  }

  roleArn(role: 'plan' | 'deploy' | 'execution'): string {
    return this.globalArn('iam', `role/${names.platformRole(this.environment, role)}`);
  }

  /** Service roles that these stacks make for themselves: CloudFormation names them after the stack. */
  serviceRoles(): string[] {
    return (['network', 'storage'] as const).map((layer) =>
      this.globalArn('iam', `role/${names.platformStack(this.environment, layer)}-*`),
    );
  }

  /** Log groups of the environment; AWS writes their ARNs with and without `:*` at the end. */
  logGroups(): string[] {
    const groups = [`/vendhost/${this.environment}/*`, `/vendhost/trail/${names.trail(this.environment)}*`];
    return groups.map((group) => this.arn('logs', `log-group:${group}`));
  }

  serviceBoundaryArn(): string {
    return this.globalArn('iam', `policy/${names.serviceBoundary(this.environment)}`);
  }

  /** Stacks the pipeline deploys; `access` is none of them. */
  deployedStacks(): string[] {
    const layers = (['network', 'storage'] as const).map((layer) => names.platformStack(this.environment, layer));
    return [...layers, ...this.numbered(names.balancerStack)].map((stack) =>
      this.arn('cloudformation', `stack/${stack}/*`),
    );
  }

  /**
   * The name of each load balancer, or of its stack, there can be: 1, 2 to 9, and 10. `platform.yml` may ask for more of
   * them without a new access stack. No tenant's name ends so, for those end in a layer or a role.
   */
  numbered(name: (environment: string, number: number) => string): string[] {
    const last = name(this.environment, mostLoadBalancers);
    return [name(this.environment, 1), last.replace(/\d+$/, '?'), last];
  }

  /** Only what carries the tags of these layers in this environment: a tenant's layers are called otherwise. */
  tagged(...layers: PlatformLayer[]): Condition {
    return { StringEquals: this.#tags('aws:ResourceTag', layers) };
  }

  /** Only what gets these tags as it is made. */
  tagging(...layers: PlatformLayer[]): Condition {
    return { StringEquals: this.#tags('aws:RequestTag', layers) };
  }

  /** As `tagging`, where CloudFormation may give the tags only after it made the thing. */
  taggingSoon(...layers: PlatformLayer[]): Condition {
    return { StringEqualsIfExists: this.#tags('aws:RequestTag', layers) };
  }

  /** As `tagged`, or without tags as yet. */
  taggedSoon(...layers: PlatformLayer[]): Condition {
    return { StringEqualsIfExists: this.#tags('aws:ResourceTag', layers) };
  }

  /** Gives these tags, to what has them or has none as yet. */
  claiming(...layers: PlatformLayer[]): Condition {
    return { ...this.tagging(...layers), ...this.taggedSoon(...layers) };
  }

  #tags(key: string, layers: readonly PlatformLayer[]): Record<string, string | readonly string[]> {
    return {
      [`${key}/vendhost:environment`]: this.environment,
      [`${key}/vendhost:layer`]: layers.length === 1 ? (layers[0] as string) : layers,
    };
  }
}
