import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot, version } from '../local-gitlab/platform.ts';
import {
  baseFile,
  forEnvironment,
  type Include,
  jobFiles,
  jobsOf,
  pipelines,
  runnerFile,
  type Template,
  template,
  templates,
} from './templates.ts';

const inputs = templates.flatMap(({ file, spec }) =>
  Object.entries(spec.inputs).map(([name, input]) => [`${file}: ${name}`, name, input] as const),
);
const required = new Set(['tenant', 'environment']);

describe('every input', () => {
  test.each(inputs)('%s is typed, described and has a default that it takes itself', (_, name, input) => {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(input.description).toMatch(/^[A-Z].*[^.]$/);
    expect(input.type).toMatch(/^(string|number|boolean|array)$/);
    expect(input.default === undefined).toBe(required.has(name));
    if (input.type === 'array') expect(input.default).toBeInstanceOf(Array);
    if (input.type !== 'string') return;
    expect(input.options ?? input.regex, 'options or regex').toBeDefined();
    if (input.default !== undefined && input.regex) expect(input.default).toMatch(new RegExp(input.regex));
  });

  test.each(templates.map((one) => [one.file, one] as const))('%s uses what it declares', (_, { text, spec }) => {
    const used = new Set([...text.matchAll(/\$\[\[ inputs\.(\w+) \]\]/g)].map((match) => match[1]));
    expect([...used].sort()).toEqual(Object.keys(spec.inputs).sort());
  });
});

const includesOf = (file: string) => (template(file).body.include ?? []) as unknown as Include[];
const localFile = ({ local }: Include) => local.replace('/ci-templates/', '');
const including = templates.filter(({ file }) => includesOf(file).length > 0);

describe.each(pipelines)('the pipeline file $file', ({ file, base, jobFiles, stages }) => {
  test('includes its base file, then its job files', () => {
    expect(includesOf(file).map(localFile)).toEqual([base, ...jobFiles]);
    expect(includesOf(base).map(localFile)).toEqual([runnerFile]);
  });

  test('has a stage for every job', () => {
    expect(template(file).spec.inputs.stages?.default).toEqual(stages);
    const used = jobFiles.flatMap((one) =>
      Object.entries(template(one).spec.inputs).filter(([name]) => name === 'stage' || name.endsWith('_stage')),
    );
    expect(new Set(used.map(([, input]) => input.default))).toEqual(new Set(stages));
  });
});

test('every file belongs to a pipeline', () => {
  const files = pipelines.flatMap(({ file, base }) => [file, base]);
  expect(templates.map(({ file }) => file).sort()).toEqual([...files, runnerFile, ...jobFiles].sort());
});

describe.each(including.map((one) => [one.file, one.spec] as const))('the includes of %s', (file, spec) => {
  // GitLab refuses unknown inputs when the project's pipeline starts; gitlab-ci-local does not.
  test.each(includesOf(file).map((include) => [include.local, include] as const))(
    'hand %s only inputs it has',
    (_, include) => {
      const declared = Object.entries(template(localFile(include)).spec.inputs);
      const given = Object.keys(include.inputs);
      expect(declared.map(([name]) => name)).toEqual(expect.arrayContaining(given));
      const needed = declared.filter(([, input]) => input.default === undefined).map(([name]) => name);
      expect(given).toEqual(expect.arrayContaining(needed));
    },
  );

  test('say the same of an input as the file they hand it to', () => {
    const facts = ({ type, default: value, regex }: Template['spec']['inputs'][string]) => ({ type, value, regex });
    for (const include of includesOf(file)) {
      const declared = template(localFile(include)).spec.inputs;
      for (const [name, expression] of Object.entries(include.inputs)) {
        const own = /^\$\[\[ inputs\.(\w+) \]\]$/.exec(String(expression))?.[1];
        // A value that the file sets itself.
        if (own === undefined) expect(['environment', 'deploy_after']).toContain(name);
        else
          expect(facts(spec.inputs[own] ?? {}), `${own} → ${include.local} ${name}`).toEqual(
            facts(declared[name] ?? {}),
          );
      }
    }
  });
});

describe('the job files', () => {
  const jobs = jobFiles.flatMap((file) => jobsOf(template(file)).map((job) => [job.name, job] as const));

  test.each(jobFiles)('%s has no globals, only hidden jobs and visible ones', (file) => {
    const names = jobsOf(template(file)).map(({ name }) => name);
    expect(Object.keys(template(file).body)).toEqual([
      ...names.map((name) => `.vendhost-${name}`),
      ...names.map((name) => `$[[ inputs.job_prefix ]]${name}`),
    ]);
  });

  test.each(jobs)('%s is its hidden job and nothing else', (_, { visible, hiddenName }) => {
    expect(visible).toEqual({ extends: ['.vendhost', hiddenName] });
  });

  test.each(jobs)('%s is one line of the command', (_, { hidden }) => {
    const script = (hidden.script ?? []).map((line) => forEnvironment(line));
    expect(script).toEqual([expect.stringMatching(/^vendhost [a-z]+ [a-z]+( --[a-z]+( [\w.-]+)?)*$/)]);
    expect(hidden).not.toHaveProperty('before_script');
    expect(hidden).not.toHaveProperty('after_script');
  });

  test.each(jobs)('%s holds an ID token unless it runs for forks', (job, { hidden }) => {
    expect(Object.keys(hidden.id_tokens ?? {})).toEqual(job === 'validate' ? [] : ['VENDHOST_ID_TOKEN']);
  });
});

describe('every file', () => {
  const code = templates.map(({ file, text }) => [file, text.replaceAll(/^\s*#.*$/gm, '')] as const);

  test.each(code)('%s names no host and no moving version', (_, text) => {
    expect(text).not.toMatch(/\blatest\b/);
    expect(text).not.toMatch(/\b[\w-]+\.(com|io|org|net|dev|cloud)\b/);
  });

  test.each(templates.map((one) => [one.file, one] as const))('%s sets no variables but our own', (_, { body }) => {
    const names = Object.values(body).flatMap((part) => Object.keys(part?.variables ?? {}));
    for (const name of names) expect(name).toMatch(/^(VENDHOST_[A-Z_]+|GIT_STRATEGY)$/);
  });

  test.each(templates.map((one) => [one.file, one.text] as const))('%s starts with its purpose', (_, text) => {
    expect(text).toMatch(/^# [A-Z][^\n]+\n/);
    expect(text).toContain('docs/templates.md');
  });
});

test("the image and the examples have the project's version", async () => {
  const current = await version();
  for (const file of [runnerFile, baseFile]) {
    expect(String(template(file).spec.inputs.image?.default).split(':').at(-1)).toBe(current);
  }
  const documents = [
    ...pipelines.map(({ file }) => `ci-templates/${file}`),
    'examples/shop/.gitlab-ci.yml',
    'examples/platform/.gitlab-ci.yml',
    'docs/templates.md',
  ];
  for (const file of documents) {
    const text = readFileSync(join(projectRoot, file), 'utf8');
    const refs = [...text.matchAll(/^[# ]*ref: (?<ref>\S+)$/gm)].map((match) => match.groups?.ref);
    expect(new Set(refs), file).toEqual(new Set([`v${current}`]));
  }
});
