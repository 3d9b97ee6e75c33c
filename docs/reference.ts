import { z } from 'zod';
import { hostFileSchema } from '../scripts/config/facts.ts';
import { platformSchema } from '../scripts/config/platform.ts';
import { tenantSchema } from '../scripts/config/tenant.ts';
import { vendhostSchema } from '../scripts/config/vendhost.ts';
import { driftIgnoreSchema } from '../scripts/drift/ignore-file.ts';

/** One configuration file, as its reference and its JSON Schema present it. */
interface Described {
  /** Name of the schema's file. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  /** Rules between keys. */
  readonly rules?: readonly string[];
  readonly schema: z.ZodType;
}

const described: readonly Described[] = [
  {
    name: 'vendhost',
    title: 'vendhost.yml',
    about:
      "At the top of a tenant's repository: what the tenant chooses for its virtual host. Every key has a default; the file may be absent.",
    schema: vendhostSchema,
  },
  {
    name: 'platform',
    title: 'platform.yml',
    about:
      "At the top of the platform's repository: its name, its GitLab, and its environments: dev, staging and production, or some of them.",
    rules: [
      'The VPCs of two environments do not overlap. A network is written with its first address: `10.10.0.0/16`, not `10.10.5.0/16`.',
      'A subnet tier without a network of its own gets a quarter of the VPC: public the first, egress the second, isolated the third. All three must be in the VPC and not overlap; each is a /16 to /26, because its quarters are the subnets.',
      "No two environments share a branch or a domain; a domain may lie below another environment's.",
      "The certificate is in the environment's region, account and partition, the role in its account and partition.",
      'The certificate must be for names in the domain, and issued: a deploy asks ACM before it changes anything.',
    ],
    schema: platformSchema,
  },
  {
    name: 'tenant',
    title: 'tenants/<name>.yml',
    about:
      "In the platform's repository, one file per tenant, named after it: 3 to 20 lower-case letters, digits and hyphens.",
    rules: [
      'A host lies in the domain of its environment, and belongs to one tenant. If two domains match, the longer one counts.',
      "Two environments of a tenant do not have one branch; `branches` must say what the branch inputs of the tenant's `.gitlab-ci.yml` do.",
      '`load_balancer` is at most the `load_balancers` of each environment in which the tenant has hosts.',
      'A tenant that has a virtual host in an environment cannot move to another port, and [moves to another load balancer in steps](runbook.md#move-a-tenant-to-another-load-balancer).',
    ],
    schema: tenantSchema,
  },
  {
    name: 'drift-ignore',
    title: 'drift-ignore.yml',
    about:
      "At the top of the platform's repository, or of a tenant's: differences that `vendhost drift check` finds and nobody has to act on. The file may be absent.",
    rules: [
      'An entry that has ended fails the check, whatever it names.',
      'What could not be checked is ignored only by its whole id, without a `*`.',
      'An entry names more than an environment and a check: `*`, `dev/*` and `*/hosts/*` are refused.',
    ],
    schema: driftIgnoreSchema,
  },
];

/** What Vendhost writes and a tenant's software reads; docs/software.md is about it. */
const written: Described = {
  name: 'host',
  title: '/etc/vendhost/host.json',
  about: "On every instance of a virtual host: what a tenant's software may rely on.",
  schema: hostFileSchema,
};

interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly propertyNames?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

function jsonSchema({ schema, title, about }: Described): SchemaNode {
  // What YAML extensions of editors understand best is draft 7.
  const node = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', reused: 'inline' });
  const { $schema, ...rest } = node;
  return { $schema, title, description: about, ...rest } as SchemaNode;
}

/** JSON Schemas for editors and programs: file name below docs/schemas/ → content. */
export function schemaFiles(): Record<string, string> {
  return Object.fromEntries(
    [...described, written].map((one) => [`${one.name}.schema.json`, `${JSON.stringify(jsonSchema(one), null, 2)}\n`]),
  );
}

/** The page docs/configuration.md. */
export function referencePage(): string {
  const sections = described.flatMap((one) => {
    const rows = rowsOf(jsonSchema(one), '', true);
    return [
      `## ${one.title}`,
      '',
      one.about,
      '',
      '| key | default | allowed | meaning |',
      '|---|---|---|---|',
      ...rows,
      '',
      ...(one.rules === undefined ? [] : [...one.rules.map((rule) => `- ${rule}`), '']),
    ];
  });
  return [
    '# Configuration files',
    '',
    'Generated by `npm run docs` from the schemas in `scripts/config/`; a test fails when it is out of date.',
    '`vendhost config check` lists every fault of a repository at once, `vendhost config show` prints every key with its value.',
    "Unknown keys are faults. What only AWS knows is checked by the commands that ask it: a tenant's limits, the source AMI, the",
    'certificate.',
    '',
    'Editors complete and check the files when a first line names the schema, with the path or address of this project:',
    '`# yaml-language-server: $schema=…/docs/schemas/vendhost.schema.json`.',
    '',
    ...sections,
  ].join('\n');
}

function rowsOf(node: SchemaNode, path: string, isRequired: boolean): string[] {
  const mapping = [node, ...(node.anyOf ?? [])].find(({ properties }) => properties !== undefined);
  const values = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  const prefix = path === '' ? '' : `${path}.`;
  const own = path === '' ? [] : [row(node, path, isRequired)];
  const inner = Object.entries(mapping?.properties ?? {}).flatMap(([key, child]) =>
    rowsOf(child, prefix + key, mapping?.required?.includes(key) === true),
  );
  return [...own, ...inner, ...(values?.properties === undefined ? [] : rowsOf(values, `${prefix}*`, false))];
}

function row(node: SchemaNode, path: string, isRequired: boolean): string {
  const isMapping = node.properties !== undefined || node.default?.constructor === Object;
  const value = node.default === undefined || isMapping ? '' : code(JSON.stringify(node.default));
  return `| ${code(path)} | ${isRequired && value === '' ? 'required' : value} | ${allowed(node)} | ${node.description ?? ''} |`;
}

function allowed(node: SchemaNode): string {
  if (node.anyOf !== undefined) return node.anyOf.map(allowed).join(' or ');
  if (node.const !== undefined) return code(String(node.const));
  if (node.enum !== undefined) return node.enum.map((value) => code(String(value))).join(', ');
  if (node.type === 'integer') return `whole number, ${node.minimum} to ${node.maximum}`;
  if (node.type === 'array') return `list of ${node.items === undefined ? 'anything' : plural(allowed(node.items))}`;
  if (node.type === 'boolean') return '`true`, `false`';
  if (node.type === 'object') {
    const names = node.propertyNames?.enum;
    const values = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
    const each = values === undefined || values.properties !== undefined ? '' : `, each a ${allowed(values)}`;
    return names === undefined ? 'mapping' : `mapping of ${names.map((name) => code(String(name))).join(', ')}${each}`;
  }
  return node.type === 'string' ? 'text' : '';
}

function plural(noun: string): string {
  return noun === 'text' ? 'texts' : noun;
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}
