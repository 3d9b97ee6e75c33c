import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readConfig } from '../../../scripts/config/load.ts';
import { matches } from '../skips.ts';
import type { JudgedTemplate } from '../templates.ts';
import type { IamReport } from './check.ts';
import type { HandlerPermission, Unneeded } from './handlers.ts';

const schema = z.object({ handlers: z.record(z.string(), z.object({ permissions: z.array(z.string()) })).optional() });
const reasons = z.array(z.strictObject({ permissions: z.string().min(1), reason: z.string().trim().min(20) }));

/** Stacks a plan role detects the drift of, and the names of the role's policies and of the role. */
const lookers = [
  {
    who: 'the platform',
    stacks: /./,
    policies: /^vendhost-platform-dev-plan(-drift)?$/,
  },
  {
    who: 'a tenant',
    stacks: /^(TenantAccess|Entry|Data|Host)Stack$/,
    policies: /^vendhost-dev-(tenant-drift|shop-reading)$/,
  },
] as const;

interface Properties {
  readonly RoleName?: string;
  readonly ManagedPolicyName?: string;
  readonly PolicyDocument?: Document;
  readonly Policies?: readonly { readonly PolicyDocument: Document }[];
}

interface Document {
  readonly Statement: readonly { readonly Action: string | readonly string[] }[];
}

/**
 * Compares what the plan roles may call with what drift detection calls to read each type: the `read` handlers of
 * CloudFormation's registry, whose schemas cfn-lint brings, installed beside `bin`.
 */
export async function checkReadHandlers(bin: string, templates: readonly JudgedTemplate[]): Promise<IamReport> {
  const [folder] = globSync('lib/*/site-packages/cfnlint/data/schemas', { cwd: join(bin, '..') });
  if (folder === undefined) throw new Error(`no schemas of cfn-lint beside ${bin}`);
  const schemas = join(bin, '..', folder);
  const names = z
    .record(z.string(), z.string())
    .parse(JSON.parse(await readFile(join(schemas, 'providers', 'eu-west-1.json'), 'utf8')));
  const excused = await readConfig(join(import.meta.dirname, 'read-handlers.yml'), reasons);
  const used = new Set<Unneeded>();
  const faults: string[] = [];
  let count = 0;
  for (const { who, stacks, policies } of lookers) {
    const allowed = allowedBy(templates, policies);
    if (allowed.length === 0) throw new Error(`no policy of ${who} is like ${policies}`);
    const types = typesIn(templates.filter(({ made }) => stacks.test(made)));
    const wanted = (await Promise.all(types.map((type) => readPermissions(schemas, type, names[type] ?? '')))).flat();
    count += wanted.length;
    faults.push(...judgeReads(who, wanted, allowed, excused, used));
  }
  const unused = excused
    .filter((each) => !used.has(each))
    .map(({ permissions }) => `read-handlers.yml: "${permissions}" answers for no permission: take it out`);
  const all = [...faults, ...unused];
  return { summary: `Reads of drift detection: ${count} permissions of handlers, ${all.length} open`, faults: all };
}

/** Permissions that no action covers and no reason answers for; the reasons that do are added to `used`. */
export function judgeReads(
  who: string,
  wanted: readonly HandlerPermission[],
  allowed: readonly string[],
  excused: readonly Unneeded[],
  used: Set<Unneeded> = new Set(),
): string[] {
  return wanted.flatMap(({ type, action }) => {
    // The registry does not keep to the case of IAM's services.
    if (allowed.some((each) => matches(each.toLowerCase(), action.toLowerCase()))) return [];
    const reason = excused.find(({ permissions }) => matches(permissions, `${type} ${action}`));
    if (reason === undefined)
      return [`drift of ${type} needs ${action}: ${who} may not, and read-handlers.yml says no reason`];
    used.add(reason);
    return [];
  });
}

function typesIn(templates: readonly JudgedTemplate[]): string[] {
  const all = templates.flatMap(({ template }) => Object.values(template.Resources).map(({ Type }) => Type));
  return [...new Set(all)].sort();
}

function allowedBy(templates: readonly JudgedTemplate[], policies: RegExp): string[] {
  const resources = templates.flatMap(({ template }) => Object.values(template.Resources));
  const documents = resources.flatMap((resource): Document[] => {
    const { Properties: given = {} } = resource as { Properties?: Properties };
    if (!policies.test(given.ManagedPolicyName ?? given.RoleName ?? '')) return [];
    return [given.PolicyDocument, ...(given.Policies ?? []).map(({ PolicyDocument }) => PolicyDocument)].filter(
      (document) => document !== undefined,
    );
  });
  return [...new Set(documents.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action)))];
}

async function readPermissions(schemas: string, type: string, name: string): Promise<HandlerPermission[]> {
  const { handlers = {} } = schema.parse(
    JSON.parse(await readFile(join(schemas, 'resources', `${name}.json`), 'utf8')),
  );
  return (handlers.read?.permissions ?? []).map((action) => ({ type, action }));
}
