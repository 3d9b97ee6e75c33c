import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, type ScalarTag } from 'yaml';
import type { Input } from '../../scripts/ci/template-inputs.ts';
import { projectRoot } from '../local-gitlab/platform.ts';

/** A job or another top-level key, before inputs are put in. */
export interface Part {
  readonly extends?: readonly string[];
  readonly script?: readonly string[];
  readonly id_tokens?: Readonly<Record<string, unknown>>;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

export interface Template {
  /** Name of the template: `tenant.yml` is `ci-templates/tenant.gitlab-ci.yml`, and the component of that name. */
  readonly file: string;
  readonly text: string;
  readonly spec: { readonly inputs: Readonly<Record<string, Input>> };
  readonly body: Readonly<Record<string, Part>>;
  /** The inputs that have no default, with a value. */
  readonly required: Readonly<Record<string, unknown>>;
}

export const directory = join(projectRoot, 'ci-templates');
export const prefix = '$[[ inputs.job_prefix ]]';
const image = 'registry.example.test/platform/vendhost';

export function sourceOf(file: string): string {
  return `ci-templates/${file.replace(/\.yml$/, '.gitlab-ci.yml')}`;
}

/** GitLab's own tag; the list behind it is kept as it is. */
const reference = { tag: '!reference', collection: 'seq' } as unknown as ScalarTag;

function readTemplate(file: string, required: Template['required']): Template {
  const text = readFileSync(join(projectRoot, sourceOf(file)), 'utf8');
  const documents = parseAllDocuments(text, { customTags: [reference] });
  const fault = documents.flatMap(({ errors }) => errors)[0];
  if (fault !== undefined) throw fault;
  const [header, body] = documents.map((document) => document.toJS());
  return { file, text, spec: header.spec, body, required };
}

export const tenantTemplate = readTemplate('tenant.yml', { tenant: 'shop', image });
export const infrastructureTemplate = readTemplate('infrastructure.yml', { tenant: 'shop', image });
export const softwareTemplate = readTemplate('software.yml', { tenant: 'shop', image });
export const platformTemplate = readTemplate('platform.yml', { image });
export const driftTemplate = readTemplate('drift-check.yml', { image });
export const fleetTemplate = readTemplate('fleet.yml', { image });
export const approveTemplate = readTemplate('approve.yml', { tenant: 'shop', image });
export const operationsTemplate = readTemplate('operations.yml', { tenant: 'shop', image });
export const upkeepTemplate = readTemplate('upkeep.yml', { tenant: 'shop', image });
export const templates: readonly Template[] = [
  tenantTemplate,
  infrastructureTemplate,
  softwareTemplate,
  platformTemplate,
  driftTemplate,
  operationsTemplate,
  upkeepTemplate,
  approveTemplate,
  fleetTemplate,
];
/** Those that stand beside another one, and have no stages of their own. */
export const besideOthers: readonly Template[] = [driftTemplate, operationsTemplate, upkeepTemplate, fleetTemplate];
export const templateFiles: readonly string[] = readdirSync(directory);

/** The names that a template gives its jobs, hidden or not, without the prefix that is an input. */
export function jobsOf({ body }: Template): { name: string; job: Part }[] {
  return Object.entries(body)
    .filter(([name]) => name.includes(prefix))
    .map(([name, job]) => ({ name: name.replace(prefix, ''), job }));
}
