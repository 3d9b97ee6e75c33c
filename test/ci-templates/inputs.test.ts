import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot, version } from '../local-gitlab/platform.ts';
import { baseFile, type Include, jobNames, pipelineFile, type Template, template, templates } from './templates.ts';

const inputs = templates.flatMap(({ file, spec }) =>
  Object.entries(spec.inputs).map(([name, input]) => [`${file}: ${name}`, name, input] as const),
);
const required = new Set(['tenant']);

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

describe('the pipeline file', () => {
  const { body, spec } = template(pipelineFile);
  const includes = body.include as unknown as Include[];

  test('includes the base file, then every job file', () => {
    const files = [baseFile, ...jobNames.map((job) => `${job}.gitlab-ci.yml`)];
    expect(includes.map(({ local }) => local)).toEqual(files.map((file) => `/ci-templates/${file}`));
    expect(templates.map(({ file }) => file).sort()).toEqual([...files, pipelineFile].sort());
  });

  // GitLab refuses unknown inputs when the tenant's pipeline starts; gitlab-ci-local does not.
  test.each(includes.map((include) => [include.local, include] as const))(
    'hands %s only inputs it has',
    (local, include) => {
      const declared = Object.entries(template(local.replace('/ci-templates/', '')).spec.inputs);
      const given = Object.keys(include.inputs);
      expect(declared.map(([name]) => name)).toEqual(expect.arrayContaining(given));
      const needed = declared.filter(([, input]) => input.default === undefined).map(([name]) => name);
      expect(given).toEqual(expect.arrayContaining(needed));
    },
  );

  test('says the same of an input as the file it hands it to', () => {
    const facts = ({ type, default: value, regex }: Template['spec']['inputs'][string]) => ({ type, value, regex });
    for (const { local, inputs: handed } of includes) {
      const declared = template(local.replace('/ci-templates/', '')).spec.inputs;
      for (const [name, expression] of Object.entries(handed)) {
        const own = /^\$\[\[ inputs\.(\w+) \]\]$/.exec(String(expression))?.[1] ?? '';
        expect(facts(spec.inputs[own] ?? {}), `${own} → ${local} ${name}`).toEqual(facts(declared[name] ?? {}));
      }
    }
  });

  test('has a stage for every job', () => {
    expect(spec.inputs.stages?.default).toEqual(jobNames);
    expect(jobNames.map((job) => template(`${job}.gitlab-ci.yml`).spec.inputs.stage?.default)).toEqual(jobNames);
  });
});

describe('the job files', () => {
  const jobFiles = jobNames.map((job) => [job, template(`${job}.gitlab-ci.yml`).body] as const);

  test.each(jobFiles)('%s has no globals, a hidden job and a visible one', (job, body) => {
    const visible = `$[[ inputs.job_prefix ]]${job}`;
    expect(Object.keys(body)).toEqual([`.vendhost-${job}`, visible]);
    expect(body[visible]).toEqual({ extends: ['.vendhost', `.vendhost-${job}`] });
  });

  test.each(jobFiles)('%s is one line of the command', (job, body) => {
    const hidden = body[`.vendhost-${job}`];
    expect(hidden?.script).toEqual([expect.stringMatching(/^vendhost [a-z]+ [a-z]+( --[a-z]+( \S+)?)*$/)]);
    expect(hidden).not.toHaveProperty('before_script');
    expect(hidden).not.toHaveProperty('after_script');
  });

  test.each(jobFiles)('%s holds an ID token unless it runs for forks', (job, body) => {
    expect(Object.keys(body[`.vendhost-${job}`]?.id_tokens ?? {})).toEqual(
      job === 'validate' ? [] : ['VENDHOST_ID_TOKEN'],
    );
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
  expect(String(template(baseFile).spec.inputs.image?.default).split(':').at(-1)).toBe(current);
  const documents = ['ci-templates/tenant.gitlab-ci.yml', 'examples/shop/.gitlab-ci.yml', 'docs/templates.md'];
  for (const file of documents) {
    const text = readFileSync(join(projectRoot, file), 'utf8');
    const refs = [...text.matchAll(/^[# ]*ref: (?<ref>\S+)$/gm)].map((match) => match.groups?.ref);
    expect(new Set(refs), file).toEqual(new Set([`v${current}`]));
  }
});
