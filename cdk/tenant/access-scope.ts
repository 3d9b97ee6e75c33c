import type { PlatformFacts } from '../../scripts/config/facts.ts';
import { names, type Place, type TenantRole } from '../../scripts/config/names.ts';

export interface ScopeProps {
  readonly place: Place;
  readonly account: string;
  readonly region: string;
  readonly facts: PlatformFacts;
}

/** A condition of a statement: operator → key → value. */
export type Condition = Record<string, Record<string, string | string[]>>;

/** The ARNs and conditions that tell one tenant's things in one environment from everybody else's. */
export class Scope {
  readonly place: Place;
  readonly account: string;
  readonly region: string;
  readonly facts: PlatformFacts;
  readonly host: string;
  readonly #partition: string;

  constructor({ place, account, region, facts }: ScopeProps) {
    this.place = place;
    this.account = account;
    this.region = region;
    this.facts = facts;
    this.host = names.host(place);
    this.#partition = facts['key-arn'].split(':')[1] ?? 'aws';
  }

  /** ARN of something in the account and region. */
  arn(service: string, resource: string): string {
    return `arn:${this.#partition}:${service}:${this.region}:${this.account}:${resource}`;
  }

  /** ARN of something that has no region, like a role. */
  globalArn(service: string, resource: string): string {
    return `arn:${this.#partition}:${service}::${this.account}:${resource}`;
  }

  roleArn(role: TenantRole): string {
    return this.globalArn('iam', `role/${names.tenantRole(this.place, role)}`);
  }

  /** ARN of objects in the environment's bucket; without a key, of the bucket itself. */
  objects(...keys: string[]): string[] {
    return keys.map((key) => `arn:${this.#partition}:s3:::${this.facts.bucket}${key === '' ? '' : `/${key}`}`);
  }

  /** Object of AWS's own bucket with the CodeDeploy agent. */
  agentObjects(): string {
    return `arn:${this.#partition}:s3:::aws-codedeploy-${this.region}/*`;
  }

  awsPolicyArn(name: string): string {
    return `arn:${this.#partition}:iam::aws:policy/${name}`;
  }

  /** Only what carries the tenant's tag. */
  get tagged(): Condition {
    return { StringEquals: { 'aws:ResourceTag/vendhost:tenant': this.place.tenant, ...this.#taggedEnvironment } };
  }

  /** Only what gets the tenant's tag as it is made. */
  get tagging(): Condition {
    return { StringEquals: { 'aws:RequestTag/vendhost:tenant': this.place.tenant } };
  }

  get #taggedEnvironment(): Record<string, string> {
    return { 'aws:ResourceTag/vendhost:environment': this.place.environment };
  }

  /** The key, but only where a service uses it for the caller. */
  via(...services: string[]): Condition {
    return { StringEquals: { 'kms:ViaService': services.map((each) => `${each}.${this.region}.amazonaws.com`) } };
  }
}
