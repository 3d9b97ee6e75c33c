import {
  createValidatedPolicy,
  validateIdentityPolicy,
  validateResourcePolicy,
  validateTrustPolicy,
} from '@cloud-copilot/iam-policy';
import {
  isConditionKeyArray,
  type RunSimulationResults,
  runSimulation,
  runUnsafeSimulation,
  type Simulation,
  typeForContextKey,
} from '@cloud-copilot/iam-simulate';
import { account, region } from './places.ts';
import type { Document, World, WorldRole } from './world.ts';

export type Context = Readonly<Record<string, string | readonly string[]>>;

/** One request, as IAM is asked about it. */
export interface Step {
  /** Name of the role that asks. */
  readonly by: string;
  readonly action: string;
  /** ARN, or `*` where AWS knows no resource for the action. */
  readonly on: string;
  /** Tags the resource has: `aws:ResourceTag/…`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Keys that the request or the resource brings; each must be one that AWS has for the action. */
  readonly given?: Context;
}

export type Answer =
  | { readonly verdict: 'allowed' | 'denied'; readonly why: string }
  /** The simulator cannot say. */
  | { readonly verdict: 'undecided'; readonly why: string };

/** Asks an independent IAM simulator (https://github.com/cloud-copilot/iam-simulate) about requests in a world. */
export class Simulator {
  readonly #world: World;
  readonly #checked = new Map<Document, unknown>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Throws when the case itself is wrong: a role that does not exist, or a key that AWS does not have for the action. */
  async ask(step: Step): Promise<Answer> {
    if (step.by.includes(':oidc-provider/')) return this.#askTrust(step);
    await refuseLists(step);
    const result = await runSimulation(this.#simulation(step), {});
    if (result.resultType === 'error') return { verdict: 'undecided', why: messageOf(step, result.errors) };
    this.#refuseIgnored(step, result);
    return result.overallResult === 'Allowed'
      ? { verdict: 'allowed', why: '' }
      : { verdict: 'denied', why: `${step.action} on ${step.on}: ${result.overallResult}` };
  }

  #role(name: string): WorldRole {
    const role = this.#world.roles.get(name);
    if (role === undefined) throw new Error(`there is no role ${name}`);
    return role;
  }

  /**
   * Who has a token of an identity provider has no policies: only the role's trust speaks. Without checks of the input, for
   * the keys of a trust are called after the provider, and the data of the simulator do not have them.
   */
  #askTrust({ by, action, on, given = {} }: Step): Answer {
    const { trust } = this.#role(on.split('/').at(-1) ?? '');
    const resourcePolicy = createValidatedPolicy(trust, validateTrustPolicy, { name: 'trust' });
    if (resourcePolicy.errors.length > 0)
      throw new Error(`the trust of ${on} is wrong: ${JSON.stringify(resourcePolicy.errors)}`);
    const request = {
      principal: by,
      action,
      resource: { resource: on, accountId: account },
      contextVariables: mutable(given),
    };
    const policies = { identityPolicies: [], resourcePolicy, serviceControlPolicies: [], resourceControlPolicies: [] };
    const result = runUnsafeSimulation({ request, ...policies }, {});
    return result === 'Allowed'
      ? { verdict: 'allowed', why: '' }
      : { verdict: 'denied', why: `the trust of ${on}: ${result}` };
  }

  #simulation({ by, action, on, tags = {}, given = {} }: Step): Simulation {
    const role = this.#role(by);
    const trust = action === 'sts:AssumeRole' ? this.#world.roles.get(on.split('/').at(-1) ?? '')?.trust : undefined;
    const policy = this.#world.resourcePolicies.get(policyHolder(on));
    const resourcePolicy =
      trust === undefined
        ? policy && this.#once(policy, validateResourcePolicy)
        : this.#once(trust, validateTrustPolicy);
    return {
      request: {
        principal: `arn:aws:sts::${account}:assumed-role/${role.name}/job`,
        action,
        resource: { resource: on, accountId: account },
        contextVariables: {
          ...always,
          'aws:PrincipalArn': role.arn,
          ...prefixed('aws:PrincipalTag', role.tags),
          ...prefixed('aws:ResourceTag', tags),
          ...mutable(given),
        },
      },
      identityPolicies: Object.entries(role.policies).map(([name, policy]) => ({
        name,
        policy: this.#identity(policy),
      })),
      ...(role.boundary === undefined
        ? {}
        : { permissionBoundaryPolicies: [{ name: 'boundary', policy: this.#identity(role.boundary) }] }),
      ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    };
  }

  #identity(policy: Document): unknown {
    return this.#once(policy, validateIdentityPolicy);
  }

  /** Checking a policy's form takes longer than asking about it. */
  #once(policy: Document, validate: typeof validateIdentityPolicy): unknown {
    const known = this.#checked.get(policy) ?? createValidatedPolicy(policy, validate);
    this.#checked.set(policy, known);
    return known;
  }

  /** A key that is passed over would leave a case refused, or allowed, for another reason than it says. */
  #refuseIgnored(
    { action, on, given = {} }: Step,
    result: Exclude<RunSimulationResults, { resultType: 'error' }>,
  ): void {
    const results = result.resultType === 'single' ? [result.result] : result.results;
    const ignored = results.flatMap(({ ignoredContextKeys = [] }) => ignoredContextKeys);
    const own = Object.keys(given).filter((key) => ignored.includes(key));
    if (own.length > 0) throw new Error(`AWS has no key ${own.join(', ')} in ${action} on ${on}`);
  }
}

const always = {
  'aws:PrincipalAccount': account,
  'aws:RequestedRegion': region,
  'aws:ResourceAccount': account,
  'aws:SecureTransport': 'true',
};

/** Of a list for a key with one value the simulator would look at the first only. */
async function refuseLists({ action, given = {} }: Step): Promise<void> {
  for (const [key, value] of Object.entries(given)) {
    if (typeof value !== 'string' && value.length > 1 && !isConditionKeyArray(await typeForContextKey(key))) {
      throw new Error(`${key} has one value, not a list, in ${action}`);
    }
  }
}

function messageOf({ action, on }: Step, errors: { message: string }): string {
  if (errors.message === 'policy.errors') throw new Error(`a policy is wrong: ${JSON.stringify(errors)}`);
  return `${action} on ${on}: ${errors.message}`;
}

/** A bucket's policy speaks for its objects, a key's for itself. */
function policyHolder(on: string): string {
  return on.startsWith('arn:aws:s3:::') ? (on.split('/')[0] as string) : on;
}

function prefixed(key: string, tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([tag, value]) => [`${key}/${tag}`, value]));
}

function mutable(given: Context): Record<string, string | string[]> {
  return given as Record<string, string | string[]>;
}
