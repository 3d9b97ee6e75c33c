import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { names, type Place, type TenantRole } from '../../../scripts/config/names.ts';
import { Arns } from '../../arns.ts';
import type { Condition } from '../../role.ts';

export interface ScopeProps {
  readonly place: Place;
  readonly account: string;
  readonly region: string;
  readonly facts: PlatformFacts;
}

/** The ARNs and conditions that tell one tenant's things in one environment from everybody else's. */
export class Scope extends Arns {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly host: string;

  constructor({ place, account, region, facts }: ScopeProps) {
    super({ partition: facts['key-arn'].split(':')[1] ?? 'aws', account, region });
    this.place = place;
    this.facts = facts;
    this.host = names.host(place);
  }

  roleArn(role: TenantRole): string {
    return this.globalArn('iam', `role/${names.tenantRole(this.place, role)}`);
  }

  /** ARN of objects in the environment's bucket; without a key, of the bucket itself. */
  objects(...keys: string[]): string[] {
    return keys.map((key) => (key === '' ? this.s3(this.facts.bucket) : this.s3(this.facts.bucket, key)));
  }

  /** Images belong to no account in their ARN. */
  images(): string[] {
    return this.#unowned('image');
  }

  /** Snapshots do neither. */
  snapshots(): string[] {
    return this.#unowned('snapshot');
  }

  #unowned(type: string): string[] {
    return this.ec2(type).map((arn) => arn.replace(`:${this.account}:`, ':*:'));
  }

  /** Only what carries the tenant's tag. */
  get tagged(): Condition {
    return { StringEquals: { 'aws:ResourceTag/vendhost:tenant': this.place.tenant, ...this.#taggedEnvironment } };
  }

  /** As `tagged`, or without tags as yet. What the platform owns has no tenant: its layers keep it apart. */
  get taggedSoon(): Condition {
    const layers = { 'aws:ResourceTag/vendhost:layer': ['data', 'host'] };
    return { StringEqualsIfExists: { ...this.tagged.StringEquals, ...layers } };
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
