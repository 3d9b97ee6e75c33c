import type { Environment } from '../../config/environment.ts';
import type { Finding, Gravity, ReportSection, ValueChange } from '../../report/report.ts';
import { losesData } from '../../stack/data-types.ts';
import { mask } from '../../stack/details/secret-values.ts';
import type { Detection } from './detection.ts';
import type { FoundStack } from './find-stacks.ts';
import type { ResourceDrift } from './read-drifts.ts';
import { type IsSecret, valueToShow } from './secret-properties.ts';
import { deployCommand, nextOf } from './stack-next.ts';

/** What is known of a stack when its detection has ended. */
export interface StackFacts {
  readonly environment: Environment;
  readonly stack: FoundStack;
  readonly detection: Detection;
  readonly resources: readonly ResourceDrift[];
  readonly isSecret: IsSecret;
  /** Logical id → who changed the resource, in one line. */
  readonly changers: ReadonlyMap<string, string>;
}

/** CloudFormation reads these by the secret's value (its registry: the handler `read`), which no role of a check may. */
const unreadable = new Set(['AWS::SecretsManager::SecretTargetAttachment', 'AWS::SecretsManager::Secret']);

/** The section of one stack. */
export function stackSection(facts: StackFacts): ReportSection {
  const { environment, stack, detection, resources } = facts;
  const id = sectionId(environment, stack.name);
  const title = stack.name;
  if (detection.kind === 'unknown') {
    const finding: Finding = { id: `${id}/-`, gravity: 'unknown', title: `not checked: ${detection.reason}` };
    return { id, title, summary: `not checked: ${detection.reason}`, state: 'unknown', findings: [finding] };
  }
  const drifted = resources.filter(({ status }) => status === 'MODIFIED' || status === 'DELETED');
  const open = resources.filter((resource) => isOpen(resource, detection.isComplete));
  const known = resources.filter(({ status }) => status === 'IN_SYNC');
  const switched = known.filter(({ isSwitched }) => isSwitched === true);
  const rest = resources.filter((each) => ![...drifted, ...open, ...known].includes(each));
  // A detection that failed, and does not say of what.
  const isVague = !detection.isComplete && open.length === 0 && rest.length === 0;
  const why = detection.reason ?? 'the detection failed';
  const findings = [
    ...(stack.isUnprotected ? [unprotectedFinding(id, stack)] : []),
    ...drifted.map((resource) => driftFinding(facts, id, resource)),
    ...open.map((resource) => openFinding(id, resource, why)),
    ...(isVague ? [{ id: `${id}/-`, gravity: 'unknown' as const, title: `not checked: ${why}` }] : []),
  ];
  const isFound = drifted.length > 0 || stack.isUnprotected;
  const state = isFound ? 'found' : open.length > 0 || isVague ? 'unknown' : 'clean';
  const parts = [
    ...(stack.isUnprotected ? ['it may be deleted'] : []),
    ...(drifted.length === 0 ? [] : [`${drifted.length} of ${resources.length} resources differ`]),
    ...(open.length === 0 && !isVague ? [] : [`${open.length} could not be checked`]),
    `${known.length} in sync`,
    ...(switched.length === 0 ? [] : [`${switched.length} of them as the tenant switched its maintenance`]),
    ...(rest.length === 0 ? [] : [`${rest.length} cannot be checked (${typesOf(rest)})`]),
  ];
  return { id, title, summary: parts.join(', '), state, findings };
}

/** A stack that should be there and is not; while its tenant is being vended or removed, that is not known yet. */
export function absentSection(
  environment: Environment,
  {
    name,
    tenant,
    found,
  }: {
    readonly name: string;
    readonly tenant: string | undefined;
    readonly found: readonly Pick<FoundStack, 'name' | 'tenant' | 'status'>[];
  },
): ReportSection {
  const id = sectionId(environment, name);
  const busy = found.find((each) => each.tenant === tenant && each.status.endsWith('_IN_PROGRESS'));
  if (busy !== undefined) {
    const title = `the stack is not there, and ${busy.name} is ${busy.status}`;
    return {
      id,
      title: name,
      summary: title,
      state: 'unknown',
      findings: [{ id: `${id}/-`, gravity: 'unknown', title }],
    };
  }
  const layer = name.split('-').at(-1) ?? '';
  const finding: Finding = {
    id: `${id}/stack`,
    gravity: 'fault',
    title: `there is no stack ${name}`,
    next: deployCommand(environment, { name, tenant, layer }),
  };
  return { id, title: name, summary: 'the stack is not there', state: 'found', findings: [finding] };
}

function sectionId(environment: Environment, name: string): string {
  return `${environment}/stacks/${name}`;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html */
function unprotectedFinding(section: string, { name }: FoundStack): Finding {
  return {
    id: `${section}/termination-protection`,
    gravity: 'fault',
    title: 'the termination protection of the stack was switched off',
    next: `aws cloudformation update-termination-protection --enable-termination-protection --stack-name ${name}`,
  };
}

/** Not checked, though it could have been: a detection that is complete has checked every type that supports it. */
function isOpen({ status, type }: ResourceDrift, isComplete: boolean): boolean {
  if (unreadable.has(type)) return false;
  return status === 'UNKNOWN' || (status === 'NOT_CHECKED' && !isComplete);
}

function openFinding(section: string, { logicalId, type, reason }: ResourceDrift, why: string): Finding {
  const title = `${logicalId} (${type}) could not be checked: ${reason ?? why}`;
  return { id: `${section}/${logicalId}`, gravity: 'unknown', title };
}

function driftFinding(
  { environment, stack, isSecret, changers }: StackFacts,
  section: string,
  resource: ResourceDrift,
) {
  const { logicalId, physicalId, type, status } = resource;
  const changer = changers.get(logicalId);
  const what = status === 'DELETED' ? 'was deleted' : 'was changed';
  const finding: Finding = {
    id: `${section}/${logicalId}`,
    gravity: gravityOf(resource),
    title: `${logicalId} (${type}) ${what} outside of CloudFormation`,
    details: [`it is ${physicalId}`, ...(changer === undefined ? [] : [changer])],
    values: resource.differences.map((each): ValueChange => {
      const shown = (value: string) => (isSecret(logicalId, each.path) ? mask : valueToShow(each.path, value));
      return {
        path: each.path,
        ...(each.expected === undefined ? {} : { from: shown(each.expected) }),
        ...(each.actual === undefined ? {} : { to: shown(each.actual) }),
      };
    }),
    next: nextOf(environment, stack),
  };
  return finding;
}

const isAccess = /^AWS::(IAM|KMS)::|Policy$/;
const isNetwork = /^AWS::EC2::(SecurityGroup|Route|NetworkAcl|VPC|Subnet|InternetGateway|NatGateway)|::Listener/;

function gravityOf({ type, status, differences }: ResourceDrift): Gravity {
  if (status === 'DELETED') return losesData.has(type) ? 'loss' : 'fault';
  if (differences.length > 0 && differences.every(({ path }) => path.startsWith('/Tags/'))) return 'change';
  if (isAccess.test(type)) return 'access';
  return isNetwork.test(type) ? 'network' : 'change';
}

function typesOf(resources: readonly ResourceDrift[]): string {
  return [...new Set(resources.map(({ type }) => type))].sort().join(', ');
}
