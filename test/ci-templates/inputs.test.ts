import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { halfTemplateFiles } from '../../docs/half-templates.ts';
import { projectRoot, version } from '../local-gitlab/platform.ts';
import {
  besideOthers,
  infrastructureTemplate,
  jobsOf,
  prefix,
  softwareTemplate,
  sourceOf,
  type Template,
  templateFiles,
  templates,
  tenantTemplate,
} from './templates.ts';

const inputs = templates.flatMap(({ file, spec, required }) =>
  Object.entries(spec.inputs).map(([name, input]) => [`${file}: ${name}`, name, input, name in required] as const),
);

describe('every input', () => {
  test.each(inputs)('%s is typed, described and has a default that it takes itself', (_, name, input, isRequired) => {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(input.description).toMatch(/^[A-Z].*[^.]$/);
    expect(input.type).toMatch(/^(string|boolean|array)$/);
    expect(input.default === undefined).toBe(isRequired);
    if (input.type === 'array') expect(input.default).toBeInstanceOf(Array);
    if (input.type !== 'string') return;
    expect(input.options ?? input.regex, 'options or regex').toBeDefined();
    if (input.default !== undefined && input.regex) expect(input.default).toMatch(new RegExp(input.regex));
  });

  test.each(templates.map((one) => [one.file, one] as const))('%s uses what it declares', (_, { text, spec }) => {
    const used = new Set([...text.matchAll(/\$\[\[ inputs\.(\w+) \]\]/g)].map((match) => match[1]));
    expect([...used].sort()).toEqual(Object.keys(spec.inputs).sort());
  });

  test.each(templates.map((one) => [one.file, one] as const))('of %s fits on a screen', (_, { spec }) => {
    expect(Object.keys(spec.inputs).length).toBeLessThanOrEqual(12);
  });
});

// A folder that nobody empties has what a job of another pipeline left on the runner: it must not be handed in for this job's.
test.each(templates.map((one) => [one.file, one] as const))(
  'a job of %s that keeps the folder hands in what it wrote itself',
  (_, template) => {
    for (const [name, job] of Object.entries(template.body).filter(([, part]) => part?.extends !== undefined)) {
      const parts = [...(job.extends ?? []).map((parent) => template.body[parent]), job];
      const strategies = parts.map((part) => part?.variables?.GIT_STRATEGY).filter((each) => each !== undefined);
      if (strategies.at(-1) !== 'none') continue;
      const artifacts = Object.assign({}, ...parts.map((part) => part?.artifacts ?? {}));
      expect([name, artifacts.when ?? 'on_success', artifacts.paths, Object.keys(artifacts.reports ?? {})]).toEqual([
        ...[name, 'on_success', undefined],
        artifacts.reports === undefined ? [] : ['dotenv'],
      ]);
    }
  },
);

test('the catalog finds each template, and nothing that is none', () => {
  // https://docs.gitlab.com/ci/components/#directory-structure
  expect([...templateFiles].sort()).toEqual(templates.map(({ file }) => basename(sourceOf(file))).sort());
});

test('the components are the same files; else run `npm run docs`', () => {
  const components = join(projectRoot, 'templates');
  const texts = readdirSync(components).map((file) => [file, readFileSync(join(components, file), 'utf8')]);
  expect(Object.fromEntries(texts)).toEqual(Object.fromEntries(templates.map(({ file, text }) => [file, text])));
});

test('the templates of the halves are made of the one of a tenant; else run `npm run docs`', () => {
  const made = halfTemplateFiles(tenantTemplate.text);
  expect(made).toEqual({
    'infrastructure.gitlab-ci.yml': infrastructureTemplate.text,
    'software.gitlab-ci.yml': softwareTemplate.text,
  });
});

describe('the templates of the halves', () => {
  const own = ['.vendhost', '.vendhost-always', '.vendhost-before-merge', '.vendhost-validate', '.vendhost-plan'];
  const parts = (template: Template) => new Map(jobsOf(template).map(({ name, job }) => [name, job]));

  test.each([
    [infrastructureTemplate, ['.vendhost-bake', '.vendhost-provision', 'validate', 'plan', 'bake', 'provision']],
    [softwareTemplate, ['.vendhost-package', '.vendhost-release', 'validate', 'plan', 'package', 'release']],
  ])('$0.file has the jobs of its half', (template, jobs) => {
    expect([...parts(template).keys()].sort()).toEqual([...own, ...jobs].sort());
  });

  test.each([[infrastructureTemplate], [softwareTemplate]])('$0.file has each job as the tenant has it', (template) => {
    const whole = parts(tenantTemplate);
    const differing = [...parts(template)].flatMap(([name, job]) =>
      Object.keys({ ...whole.get(name), ...job })
        .filter((key) => JSON.stringify(job[key]) !== JSON.stringify(whole.get(name)?.[key]))
        .map((key) => `${name} ${key}`),
    );
    const expected =
      template === softwareTemplate
        ? ['.vendhost variables', '.vendhost-package rules', '.vendhost-release needs']
        : ['.vendhost variables', '.vendhost-bake rules', '.vendhost-provision rules'];
    expect(differing).toEqual(expected);
  });
});

describe.each(templates.map((one) => [one.file, one] as const))('%s', (_, template) => {
  const { text, body } = template;
  const code = text.replaceAll(/^\s*#.*$/gm, '');
  const jobs = jobsOf(template);
  const hidden = jobs.filter(({ name }) => name.startsWith('.'));
  const visible = jobs.filter(({ name }) => !name.startsWith('.'));

  test('has no keyword of the whole pipeline but its stages and workflow, and none beside another template', () => {
    const names = Object.keys(body).filter((name) => !name.includes(prefix));
    expect(names).toEqual(besideOthers.includes(template) ? [] : ['stages', 'workflow']);
  });

  test('begins each hidden name with a dot, the prefix and vendhost', () => {
    for (const name of Object.keys(body).filter((one) => one.startsWith('.'))) {
      expect(name).toMatch(/^\.\$\[\[ inputs\.job_prefix \]\]vendhost(-[a-z]+)*$/);
    }
  });

  test('names its own hidden jobs only by the prefix', () => {
    const references = [...code.matchAll(/"?\.(?<before>[^"]*?)vendhost(?=[-"])/g)].map(
      (match) => match.groups?.before,
    );
    expect(references.length).toBeGreaterThan(hidden.length);
    expect(new Set(references)).toEqual(new Set([prefix]));
  });

  test('extends the shared hidden job and one of its own in each job', () => {
    for (const { name, job } of visible) {
      // An operation has its own name, a job of an environment also the environment's.
      const named = hidden.find((one) => one.name === `.vendhost-${name}`)?.name ?? `.vendhost-${name.split('-')[0]}`;
      const own = named.replace('.', `.${prefix}`);
      expect(job.extends).toEqual(expect.arrayContaining([`.${prefix}vendhost`, own]));
      expect(hidden.map((one) => one.name)).toContain(own.replace(prefix, ''));
    }
  });

  test.each(hidden.filter(({ job }) => job.script !== undefined).map(({ name, job }) => [name, job] as const))(
    '%s is one line of the command, with an ID token if it calls AWS',
    (name, job) => {
      const value = String.raw`("[\w.$[\] ]+"|[\w./$[\] -]+)`;
      expect(job.script).toEqual([
        expect.stringMatching(new RegExp(`^vendhost [a-z]+ [a-z]+( on| off)?( --[a-z]+( ${value})?)*$`)),
      ]);
      expect(job).not.toHaveProperty('before_script');
      const needsNone = ['.vendhost-validate', '.vendhost-note'].includes(name);
      expect(Object.keys(job.id_tokens ?? {})).toEqual(needsNone ? [] : ['VENDHOST_ID_TOKEN']);
      expect(job.timeout).toMatch(/^\d+[mh]$/);
    },
  );

  test('names no host, no project and no moving version', () => {
    expect(code).not.toMatch(/\blatest\b/);
    expect(code).not.toMatch(/\b[\w-]+\.(com|io|org|net|dev|cloud)\b/);
    expect(code).not.toMatch(/platform\/vendhost\b/);
  });

  test('sets no variables but our own', () => {
    const names = Object.values(body).flatMap((part) => Object.keys(part?.variables ?? {}));
    for (const name of names) expect(name).toMatch(/^(VENDHOST_[A-Z_]+|GIT_(STRATEGY|DEPTH))$/);
  });

  test('has no service', () => {
    expect(code).not.toMatch(/\bservices:/);
  });

  test('starts with its purpose', () => {
    expect(text).toMatch(/^# [A-Z][^\n]+\n/);
    expect(text).toContain('docs/templates.md');
  });
});

test("the images and the examples have the project's version", async () => {
  const current = await version();
  // In the commit of a release by its digest (docs/releasing.md).
  const image = new RegExp(`image: \\$\\[\\[ inputs\\.image \\]\\](:|@sha256:[0-9a-f]{64} # )${current}\\n`);
  for (const { text } of templates) expect(text).toMatch(image);
  const documents = [
    ...templates.map(({ file }) => sourceOf(file)),
    'examples/page/.gitlab-ci.yml',
    'examples/shop/.gitlab-ci.yml',
    'examples/platform/.gitlab-ci.yml',
    'examples/approvals/.gitlab-ci.yml',
    'docs/templates.md',
    'README.md',
  ];
  for (const file of documents) {
    const content = readFileSync(join(projectRoot, file), 'utf8');
    const refs = [...content.matchAll(/(?:^[# -]*ref: |`ref: |component: \S+@)(?<ref>v[\w.]+)/gm)];
    expect(refs.length, file).toBeGreaterThan(0);
    expect(new Set(refs.map((match) => match.groups?.ref)), file).toEqual(new Set([`v${current}`]));
  }
});
