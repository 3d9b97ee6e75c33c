import { type Environment, mostLoadBalancers } from '../../../scripts/config/environment.ts';
import {
  names,
  type PlatformLayer,
  type PlatformPolicy,
  type PlatformRole,
  type TenantRole,
} from '../../../scripts/config/names.ts';
import { type EnvironmentConfig, partitionOf } from '../../../scripts/config/platform.ts';
import { Arns } from '../../arns.ts';
import type { Condition } from '../../role.ts';

/** ARNs and conditions that match the platform of one environment and nothing else in its account. */
export class PlatformScope extends Arns {
  readonly environment: Environment;
  readonly config: EnvironmentConfig;

  constructor(environment: Environment, config: EnvironmentConfig) {
    const { account, region } = config;
    super({ partition: partitionOf(config), account, region });
    this.environment = environment;
    this.config = config;
  }

  roleArn(role: PlatformRole): string {
    return this.globalArn('iam', `role/${names.platformRole(this.environment, role)}`);
  }

  policyArn(policy: PlatformPolicy): string {
    return this.globalArn('iam', `policy/${names.platformPolicy(this.environment, policy)}`);
  }

  /** Roles that the network and storage stacks create for AWS services; CloudFormation names them after the stack. */
  serviceRoles(): string[] {
    return (['network', 'storage'] as const).map((layer) =>
      this.globalArn('iam', `role/${names.platformStack(this.environment, layer)}-*`),
    );
  }

  /** Log groups of the environment. AWS writes their ARNs both with and without `:*` at the end; this matches both. */
  logGroups(): string[] {
    const groups = [`/vendhost/${this.environment}/*`, `/vendhost/trail/${names.trail(this.environment)}*`];
    return groups.map((group) => this.arn('logs', `log-group:${group}`));
  }

  serviceBoundaryArn(): string {
    return this.globalArn('iam', `policy/${names.serviceBoundary(this.environment)}`);
  }

  /** Stacks that the platform's pipeline deploys: every layer except `access`. */
  deployedStacks(): string[] {
    const layers = (['network', 'storage'] as const).map((layer) => names.platformStack(this.environment, layer));
    return [...layers, ...this.numbered(names.balancerStack)].map((stack) =>
      this.arn('cloudformation', `stack/${stack}/*`),
    );
  }

  /** Roles of all tenants of the environment, by the suffixes of their names; no platform role has such a name. */
  tenantRoles(...roles: TenantRole[]): string[] {
    return roles.map((role) => this.globalArn('iam', `role/vendhost-${this.environment}-*-${role}`));
  }

  /**
   * Patterns for the names of all load balancers an environment can have (1, 2 to 9, and 10), or of their stacks. So
   * `platform.yml` can add load balancers without a change of the roles. No name of a tenant's resource matches: those
   * end in a layer or a role.
   */
  numbered(name: (environment: string, number: number) => string): string[] {
    const last = name(this.environment, mostLoadBalancers);
    return [name(this.environment, 1), last.replace(/\d+$/, '?'), last];
  }

  /** The resource has the tags of this environment and of one of these layers; tenants' layers have other names. */
  resourceTags(...layers: PlatformLayer[]): Condition {
    return { StringEquals: this.#tags('aws:ResourceTag', layers) };
  }

  /** The request sets these tags. */
  requestTags(...layers: PlatformLayer[]): Condition {
    return { StringEquals: this.#tags('aws:RequestTag', layers) };
  }

  /** The request sets these tags or none: CloudFormation tags some resources only after it has created them. */
  requestTagsIfPresent(...layers: PlatformLayer[]): Condition {
    return { StringEqualsIfExists: this.#tags('aws:RequestTag', layers) };
  }

  /** The resource has these tags, or has none yet. */
  resourceTagsIfPresent(...layers: PlatformLayer[]): Condition {
    return { StringEqualsIfExists: this.#tags('aws:ResourceTag', layers) };
  }

  /** The request sets these tags, on a resource that has them already or has none yet. */
  takeUntagged(...layers: PlatformLayer[]): Condition {
    return { ...this.requestTags(...layers), ...this.resourceTagsIfPresent(...layers) };
  }

  #tags(key: string, layers: readonly PlatformLayer[]): Record<string, string | readonly string[]> {
    return {
      [`${key}/vendhost:environment`]: this.environment,
      [`${key}/vendhost:layer`]: layers.length === 1 ? (layers[0] as string) : layers,
    };
  }
}
