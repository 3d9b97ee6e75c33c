import { isDeepStrictEqual } from 'node:util';
import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Template } from '../../stack/assembly.ts';
import type { Change } from '../../stack/stack-plan.ts';
import type { PlannedValue } from '../planned-value.ts';

/** A property of the launch template in which new instances differ from the present ones. */
export interface LaunchChange {
  /** As CloudFormation and EC2 call it: `ImageId`, `InstanceType`, `UserData`, … */
  readonly property: string;
  /** Values, for the image and the instance type only: the others are too long to read. */
  readonly from?: string;
  readonly to?: string;
  /** It may stay unchanged: that depends on a value which becomes known while the plan is applied. */
  readonly maybe?: true;
}

/** A host stack's template with its parameters. */
export interface ParameterizedTemplate {
  readonly template: Template;
  readonly parameters: Readonly<Record<string, PlannedValue>>;
}

/**
 * What an update of the host stack changes in the launch template: its own text, the parameters it refers to, and
 * resources it refers to whose id changes.
 * @param changes the update's changes of resources
 */
export function launchChanges(
  before: ParameterizedTemplate,
  after: ParameterizedTemplate,
  changes: readonly Change[],
): LaunchChange[] {
  const [old, wanted] = [launchData(before.template), launchData(after.template)];
  const replaced = new Map(changes.map(({ logicalId, replacement }) => [logicalId, replacement]));
  const impactOf = (name: string) => {
    const value = after.parameters[name];
    if (value === undefined) return replaced.get(name);
    if (typeof value !== 'string') return 'maybe';
    return value === before.parameters[name] ? undefined : 'yes';
  };
  return namesOf(old, wanted).flatMap((property) => {
    const isSame = isDeepStrictEqual(plain(old[property]), plain(wanted[property]));
    const impacts = isSame ? references(wanted[property]).map(impactOf) : ['yes'];
    if (impacts.every((impact) => impact === undefined)) return [];
    const from = textOf(old[property], before.parameters);
    const to = textOf(wanted[property], after.parameters);
    return [change(property, from, to, !impacts.includes('yes'))];
  });
}

/** What differs between two versions of a launch template. */
export function versionChanges(from: ResponseLaunchTemplateData, to: ResponseLaunchTemplateData): LaunchChange[] {
  const [old, wanted] = [from as Record<string, unknown>, to as Record<string, unknown>];
  return namesOf(old, wanted)
    .filter((property) => !isDeepStrictEqual(old[property], wanted[property]))
    .map((property) => change(property, textOf(old[property]), textOf(wanted[property]), false));
}

/** Joins two sets of changes: a change that the second reverts is dropped. */
export function joinChanges(first: readonly LaunchChange[], second: readonly LaunchChange[]): LaunchChange[] {
  const all = [...first, ...second];
  return [...new Set(all.map(({ property }) => property))].flatMap((property) => {
    const steps = all.filter((step) => step.property === property);
    const [from, to] = [steps[0]?.from, steps.at(-1)?.to];
    if (steps.length > 1 && from !== undefined && from === to) return [];
    return [
      change(
        property,
        from,
        to,
        steps.every(({ maybe }) => maybe === true),
      ),
    ];
  });
}

function change(property: string, from: string | undefined, to: string | undefined, isMaybe: boolean): LaunchChange {
  const values = readable.has(property)
    ? { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
    : {};
  return { property, ...values, ...(isMaybe ? { maybe: true } : {}) };
}

const readable = new Set(['ImageId', 'InstanceType']);

function launchData({ Resources = {} }: Template): Readonly<Record<string, unknown>> {
  const found = Object.values(Resources).find(({ Type }) => Type === 'AWS::EC2::LaunchTemplate');
  const properties = found?.Properties as { readonly LaunchTemplateData?: Record<string, unknown> } | undefined;
  return properties?.LaunchTemplateData ?? {};
}

function namesOf(old: object, wanted: object): string[] {
  return [...new Set([...Object.keys(old), ...Object.keys(wanted)])];
}

function textOf(value: unknown, parameters: ParameterizedTemplate['parameters'] = {}): string | undefined {
  const isReference = value !== null && typeof value === 'object' && 'Ref' in value;
  const text = isReference ? parameters[String(value.Ref)] : value;
  return typeof text === 'string' ? text : undefined;
}

/** Names of the parameters and resources that a part of a template refers to. */
function references(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [String(inner)];
    if (key === 'Fn::GetAtt') return [String(Array.isArray(inner) ? inner[0] : inner).split('.')[0] ?? ''];
    if (key === 'Fn::Sub') return [...placeholders(Array.isArray(inner) ? inner[0] : inner), ...references(inner)];
    return references(inner);
  });
}

function placeholders(text: unknown): string[] {
  return [...String(text).matchAll(/\$\{([\w:]+)[^}]*\}/g)].map(([, name = '']) => name);
}

/** As it comes out of JSON: `undefined` values are missing. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
