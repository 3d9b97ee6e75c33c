import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readConfig } from '../../../scripts/config/load.ts';
import { matches } from '../skips.ts';
import type { JudgedTemplate } from '../templates.ts';
import type { Case } from './cases.ts';
import type { IamReport } from './check.ts';
import { tenant } from './owners.ts';
import { legitimate } from './tables.ts';
import * as things from './things.ts';

const schema = z.object({
  handlers: z.record(z.string(), z.object({ permissions: z.array(z.string()) })).optional(),
});

/** A permission that a resource's handlers in CloudFormation's registry ask for. */
export interface HandlerPermission {
  readonly type: string;
  readonly action: string;
}

const unneeded = z.array(
  z.strictObject({
    /** `<type> <action>`; a `*` stands for any text. */
    permissions: z.string().min(1),
    /** Why the tenant's stacks never need it. */
    reason: z.string().trim().min(20),
  }),
);

export type Unneeded = z.output<typeof unneeded>[number];

function readUnneeded(file: string): Promise<Unneeded[]> {
  return readConfig(file, unneeded);
}

/** Compares the table of legitimate calls with the registry's schemas that cfn-lint brings, installed beside `bin`. */
export async function checkHandlers(bin: string, templates: readonly JudgedTemplate[]): Promise<IamReport> {
  const [schemas] = globSync('lib/*/site-packages/cfnlint/data/schemas', { cwd: join(bin, '..') });
  if (schemas === undefined) throw new Error(`no schemas of cfn-lint beside ${bin}`);
  const wanted = await handlerPermissions(join(bin, '..', schemas), templates);
  const reasons = await readUnneeded(join(import.meta.dirname, 'handlers.yml'));
  const faults = judgeHandlers(wanted, legitimate(), reasons);
  const numbers = `${wanted.length} permissions of handlers, ${reasons.length} reasons`;
  return { summary: `CloudFormation's registry: ${numbers}, ${faults.length} open`, faults };
}

/** What CloudFormation may call for the types of a tenant's data and host stacks, as the registry's schemas in cfn-lint have it. */
async function handlerPermissions(schemas: string, templates: readonly JudgedTemplate[]): Promise<HandlerPermission[]> {
  const ours = templates.filter(({ made }) => made === 'DataStack' || made === 'HostStack');
  const types = new Set(ours.flatMap(({ template }) => Object.values(template.Resources).map(({ Type }) => Type)));
  const files = z
    .record(z.string(), z.string())
    .parse(JSON.parse(await readFile(join(schemas, 'providers', 'eu-west-1.json'), 'utf8')));
  const all = await Promise.all([...types].sort().map((type) => permissionsOf(schemas, type, files[type] ?? '')));
  return all.flat();
}

async function permissionsOf(schemas: string, type: string, name: string): Promise<HandlerPermission[]> {
  const { handlers = {} } = schema.parse(
    JSON.parse(await readFile(join(schemas, 'resources', `${name}.json`), 'utf8')),
  );
  // Reads, listings and drift detection are people's.
  const verbs = ['create', 'update', 'delete'].map((verb) => handlers[verb]?.permissions ?? []);
  return [...new Set(verbs.flat())].sort().map((action) => ({ type, action }));
}

/** Permissions that neither the table of legitimate calls has nor a reason answers for, and reasons that answer for none. */
export function judgeHandlers(
  wanted: readonly HandlerPermission[],
  calls: readonly Case[],
  reasons: readonly Unneeded[],
): string[] {
  const by = things.roleName(tenant('shop'), 'execution');
  const asked = calls.flatMap(({ steps }) => steps.filter((one) => one.by === by).map(({ action }) => action));
  const used = new Set<Unneeded>();
  const missing = wanted.filter(({ type, action }) => {
    if (asked.some((each) => matches(action, each))) return false;
    const reason = reasons.find(({ permissions }) => matches(permissions, `${type} ${action}`));
    if (reason !== undefined) used.add(reason);
    return reason === undefined;
  });
  return [
    ...missing.map(
      ({ type, action }) => `${type} may call ${action}: no legitimate call of iam/, no reason in handlers.yml`,
    ),
    ...reasons
      .filter((each) => !used.has(each))
      .map(({ permissions }) => `handlers.yml: "${permissions}" answers for no permission: take it out`),
  ];
}
