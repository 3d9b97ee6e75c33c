import { awsError } from '../aws/foreseen-errors.ts';
import type { Aws } from '../aws/session.ts';
import { names, type Place } from '../config/names.ts';
import { messageOf, VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import type { DoctorFinding } from './finding.ts';

/** A call that a job always makes, and on what. */
export interface NeededRight {
  readonly job: string;
  readonly action: string;
  readonly resource: string;
  /** A job that only plans needs it as well. */
  readonly plans: boolean;
}

/** One essential call of each job of a tenant's pipeline: not all its permissions, but enough to detect a wrong role. */
export function neededRights(place: Place, account: string, region: string): NeededRight[] {
  const { environment, tenant } = place;
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  const facts = arn('ssm', `parameter/vendhost/${environment}`);
  const stack = arn('cloudformation', `stack/${names.tenantStack(place, 'host')}/*`);
  const revisions = `arn:aws:s3:::${names.bucket(environment, account, region)}/software/${tenant}/*`;
  const pipeline = arn('codepipeline', names.host(place));
  return [
    { job: 'every job', action: 'ssm:GetParametersByPath', resource: facts, plans: true },
    { job: 'bake', action: 'ec2:DescribeImages', resource: '*', plans: true },
    { job: 'provision', action: 'cloudformation:DescribeStacks', resource: stack, plans: true },
    { job: 'package', action: 's3:PutObject', resource: revisions, plans: false },
    { job: 'release', action: 'codepipeline:StartPipelineExecution', resource: pipeline, plans: false },
  ];
}

/** The simulator's result for each. */
export interface SimulatedRight extends NeededRight {
  readonly decision: string;
  /** Condition keys that the simulator was not given: then it cannot know. */
  readonly missing: readonly string[];
}

/** The role behind a session; `undefined` for a user, or the account itself. A role's path is not in a session's ARN. */
export function roleOf(caller: string): string | undefined {
  const found = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(caller);
  return found === null ? undefined : `arn:${found[1]}:iam::${found[2]}:role/${found[3]}`;
}

/** A role's permissions, from the simulator's results. */
export function rightsFinding(role: string, simulated: readonly SimulatedRight[]): DoctorFinding {
  const row = { part: 'surroundings', check: "role's rights" } as const;
  const isDenied = ({ decision, missing }: SimulatedRight) => decision !== 'allowed' && missing.length === 0;
  const denied = simulated.filter(isDenied);
  const open = simulated.filter((right) => right.decision !== 'allowed' && !isDenied(right));
  const named = (rights: readonly SimulatedRight[]) => rights.map(({ action, job }) => `${action} (${job})`).join(', ');
  if (denied.length > 0) {
    const hint = 'ask the platform team to vend the tenant again: `vendhost tenant vend` updates its roles';
    return { ...row, status: 'fault', detail: `${role} lacks ${named(denied)}`, hint };
  }
  if (open.length > 0) return { ...row, status: 'unknown', detail: `depends on conditions: ${named(open)}` };
  return { ...row, status: 'ok', detail: `${role} may do what its jobs begin with` };
}

/** The rights of the caller's role, as far as the jobs of a place need them. */
export async function findOwnRights(
  runtime: Runtime,
  aws: Aws,
  caller: string,
  place: Place | undefined,
): Promise<DoctorFinding> {
  const row = { part: 'surroundings', check: "role's rights", status: 'unknown' } as const;
  const role = roleOf(caller);
  if (role === undefined) return { ...row, detail: `${caller} is no role` };
  if (place === undefined) {
    return { ...row, detail: 'no tenant and environment are named', hint: 'give --tenant and --environment' };
  }
  const isPlan = role.endsWith(`/${names.tenantRole(place, 'plan')}`);
  const needed = neededRights(place, await aws.account(), aws.region).filter(({ plans }) => plans || !isPlan);
  return await findRights(runtime, aws, { role, needed });
}

/**
 * Asks IAM's simulator what a role may do (https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html).
 * Vendhost's roles may not ask it about themselves: then the rights are unknown.
 */
export async function findRights(
  runtime: Runtime,
  aws: Aws,
  { role, needed }: { role: string; needed: readonly NeededRight[] },
): Promise<DoctorFinding> {
  const row = { part: 'surroundings', check: "role's rights", status: 'unknown' } as const;
  try {
    return rightsFinding(role, await Promise.all(needed.map((right) => simulate(aws, role, right, runtime))));
  } catch (error) {
    // The doctor has stopped waiting for the simulator.
    if (runtime.signal.reason instanceof VendhostError) throw runtime.signal.reason;
    const why = awsError(error, runtime.env)?.message ?? messageOf(error);
    const hint = 'an administrator can ask: iam:SimulatePrincipalPolicy on that role';
    return { ...row, detail: `IAM's simulator was not asked: ${why}`, hint };
  }
}

async function simulate(aws: Aws, role: string, right: NeededRight, { signal }: Runtime): Promise<SimulatedRight> {
  const { paginateSimulatePrincipalPolicy } = await import('@aws-sdk/client-iam');
  const question = { PolicySourceArn: role, ActionNames: [right.action], ResourceArns: [right.resource] };
  for await (const page of paginateSimulatePrincipalPolicy({ client: await aws.iam() }, question, {
    abortSignal: signal,
  })) {
    const [result] = page.EvaluationResults ?? [];
    if (result === undefined) continue;
    return { ...right, decision: result.EvalDecision ?? 'none', missing: result.MissingContextValues ?? [] };
  }
  throw new Error(`the simulator says nothing of ${right.action}`);
}
