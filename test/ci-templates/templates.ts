import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, type ScalarTag } from 'yaml';
import { projectRoot } from '../local-gitlab/platform.ts';

/** One input of `spec:inputs` (https://docs.gitlab.com/ci/yaml/#specinputs). */
export interface Input {
  readonly description?: string;
  readonly type?: 'string' | 'number' | 'boolean' | 'array';
  readonly default?: unknown;
  readonly options?: readonly unknown[];
  readonly regex?: string;
}

/** A job or another top-level key, before inputs are put in. */
export interface Part {
  readonly extends?: readonly string[];
  readonly script?: readonly string[];
  readonly id_tokens?: Readonly<Record<string, unknown>>;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

export interface Include {
  readonly local: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface Template {
  /** File name in ci-templates/. */
  readonly file: string;
  readonly text: string;
  readonly spec: { readonly inputs: Readonly<Record<string, Input>> };
  readonly body: Readonly<Record<string, Part>>;
}

/** A file that a project includes as its whole pipeline. */
export interface PipelineFile {
  readonly file: string;
  /** What defines `.vendhost` and the rules for it; included first. */
  readonly base: string;
  /** The files with jobs that it includes, in order; one that is for an environment is there once for each. */
  readonly jobFiles: readonly string[];
  readonly stages: readonly string[];
  /** The inputs that have no default. */
  readonly required: Readonly<Record<string, unknown>>;
}

export const pipelineFile = 'tenant.gitlab-ci.yml';
export const baseFile = 'base.gitlab-ci.yml';
export const runnerFile = 'runner.gitlab-ci.yml';
/** A tenant's jobs in the order they run. */
export const jobNames = ['validate', 'bake', 'provision', 'package', 'release'] as const;
const environmentFile = 'platform-environment.gitlab-ci.yml';

export const tenantPipeline: PipelineFile = {
  file: pipelineFile,
  base: baseFile,
  jobFiles: jobNames.map((job) => `${job}.gitlab-ci.yml`),
  stages: jobNames,
  required: { tenant: 'shop' },
};
export const platformPipeline: PipelineFile = {
  file: 'platform.gitlab-ci.yml',
  base: 'platform-base.gitlab-ci.yml',
  jobFiles: ['validate.gitlab-ci.yml', environmentFile, environmentFile, environmentFile],
  stages: ['validate', 'plan', 'deploy'],
  required: {},
};
export const pipelines: readonly PipelineFile[] = [tenantPipeline, platformPipeline];
/** All files with jobs. */
export const jobFiles: readonly string[] = [...new Set(pipelines.flatMap((pipeline) => pipeline.jobFiles))];

export const directory = join(projectRoot, 'ci-templates');

/** GitLab's own tag; the list behind it is kept as it is. */
const reference = { tag: '!reference', collection: 'seq' } as unknown as ScalarTag;

export function readTemplate(file: string): Template {
  const text = readFileSync(join(directory, file), 'utf8');
  const documents = parseAllDocuments(text, { customTags: [reference] });
  const fault = documents.flatMap(({ errors }) => errors)[0];
  if (fault !== undefined) throw fault;
  const [header, body] = documents.map((document) => document.toJS());
  return { file, text, spec: header.spec, body };
}

export const templateFiles: readonly string[] = readdirSync(directory).filter((file) => file.endsWith('.yml'));
export const templates: readonly Template[] = templateFiles.map(readTemplate);

/** The template of this name; a test that asks for another is wrong. */
export function template(file: string): Template {
  const found = templates.find((one) => one.file === file);
  if (found === undefined) throw new Error(`there is no ci-templates/${file}`);
  return found;
}

/** The visible jobs of a file with the hidden job that each extends, before inputs are put in. */
export function jobsOf({ body }: Template): { name: string; visible: Part; hiddenName: string; hidden: Part }[] {
  return Object.entries(body)
    .filter(([key]) => !key.startsWith('.'))
    .map(([key, visible]) => {
      const name = key.replace('$[[ inputs.job_prefix ]]', '');
      const hiddenName = `.vendhost-${name}`;
      return { name, visible, hiddenName, hidden: body[hiddenName] ?? {} };
    });
}

/** The text of a template as the include for this environment has it. */
export function forEnvironment(text: string, environment = 'dev'): string {
  return text.replaceAll('$[[ inputs.environment ]]', environment);
}
