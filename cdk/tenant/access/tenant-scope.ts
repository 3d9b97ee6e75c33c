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

/** ARNs and conditions that match one tenant's resources in one environment and nobody else's. */
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

  /** ARNs of objects in the environment's bucket; an empty key stands for the bucket itself. */
  objects(...keys: string[]): string[] {
    return keys.map((key) => (key === '' ? this.s3(this.facts.bucket) : this.s3(this.facts.bucket, key)));
  }

  /** ARN of every image: AWS leaves the account in it empty. */
  images(): string[] {
    return this.#withoutAccount('image');
  }

  /** ARN of every snapshot: AWS leaves the account in it empty. */
  snapshots(): string[] {
    return this.#withoutAccount('snapshot');
  }

  #withoutAccount(type: string): string[] {
    return this.ec2(type).map((arn) => arn.replace(`:${this.account}:`, ':*:'));
  }

  /** The resource has the tenant's tag and that of the environment. */
  get resourceTags(): Condition {
    return {
      StringEquals: {
        'aws:ResourceTag/vendhost:tenant': this.place.tenant,
        'aws:ResourceTag/vendhost:environment': this.place.environment,
      },
    };
  }

  /**
   * The resource has these tags, or has none yet. A resource of the platform has no tag of a tenant; the tag of its layer
   * excludes it.
   */
  get resourceTagsIfPresent(): Condition {
    const layers = { 'aws:ResourceTag/vendhost:layer': ['data', 'host'] };
    return { StringEqualsIfExists: { ...this.resourceTags.StringEquals, ...layers } };
  }

  /** The request sets the tenant's tag. */
  get requestTags(): Condition {
    return { StringEquals: { 'aws:RequestTag/vendhost:tenant': this.place.tenant } };
  }

  /** The key is used by one of these services on behalf of the caller. */
  via(...services: string[]): Condition {
    return { StringEquals: { 'kms:ViaService': services.map((each) => `${each}.${this.region}.amazonaws.com`) } };
  }
}
