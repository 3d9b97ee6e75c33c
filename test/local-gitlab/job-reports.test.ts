import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeQualityOf } from '../../scripts/report/code-quality.ts';
import { junitOf } from '../../scripts/report/junit.ts';
import { sampleReport } from '../builders/sample-report.ts';
import { unsupported } from './config.ts';
import { jobFolder, parseCodeQuality, parseJunit, parsePlan, readJobReports } from './job-reports.ts';
import { widgetLines } from './widgets.ts';

const artifacts = {
  paths: ['plan.html'],
  expose_as: 'What it changes',
  reports: { codequality: 'quality.json', junit: 'checks-*.xml', terraform: '$NAME.json' },
};
const expanded = (text: string) => text.replace('$NAME', 'counts');

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vendhost-reports-'));
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const good = {
  'plan.html': '<p>plan</p>',
  'quality.json': JSON.stringify(codeQualityOf(sampleReport)),
  'checks-1.xml': junitOf(sampleReport),
  'counts.json': '{"create":2,"update":1,"delete":0}',
};

describe('the reports of a job', () => {
  test('are shown in the merge request', async () => {
    const reports = await readJobReports(await folderWith(good), { artifacts }, { succeeded: true, expanded });
    expect(reports.absent).toEqual([]);
    expect(widgetLines([{ name: 'plan', reports }])).toEqual([
      'The job plan: 2 to add, 1 to change, 0 to delete',
      'Code Quality: findings: 2',
      expect.stringMatching(/^ {2}blocker: The database shop .* in vendhost\.yml:14$/),
      expect.stringMatching(/^ {2}critical: Double quote .* in infrastructure\/30-php\.sh:12$/),
      'Test summary: plan: 2 failed, 1 error, 4 total',
      '  failed: configuration',
      '  failed: production',
      '  error: staging',
      'View exposed artifact: What it changes (plan.html of the job plan)',
    ]);
  });

  test('of a job that failed are kept only where it says so', async () => {
    const folder = await folderWith(good);
    const failed = { succeeded: false, expanded };
    expect(await readJobReports(folder, { artifacts }, failed)).toEqual({ absent: [] });
    const always = await readJobReports(folder, { artifacts: { ...artifacts, when: 'always' } }, failed);
    expect(always.terraform).toEqual({ counts: { create: 2, update: 1, delete: 0 } });
  });

  test('that are not there are named', async () => {
    const reports = await readJobReports(await folderWith({}), { artifacts }, { succeeded: true, expanded });
    expect(reports).toEqual({ absent: ['quality.json', 'checks-*.xml', 'counts.json'] });
    expect(widgetLines([{ name: 'plan', reports }])).toEqual([]);
  });

  test('are in the folder that gitlab-ci-local names after the job', () => {
    expect(jobFolder('/c', 'drift: [1/2]')).toBe('/c/.gitlab-ci-local/builds/driftOiBb1Lw2XQ');
  });
});

describe('what GitLab does not take', () => {
  test.each([
    ['{"create":1,"update":1}', 'missing_json_keys'],
    ['{"create":1', 'invalid_json_format'],
    ['{"create":1,"update":"many","delete":0}', 'invalid_resource_count'],
  ])('a plan: %s', (text, error) => {
    expect(parsePlan(text)).toEqual({ error });
    expect(widgetLines([{ name: 'plan', reports: { terraform: parsePlan(text), absent: [] } }])).toEqual([
      `The report of the job plan failed to generate: ${error}`,
    ]);
  });

  test('entries of code quality without what they need; those of one fingerprint are one', () => {
    const [entry] = codeQualityOf(sampleReport);
    expect(parseCodeQuality([JSON.stringify([entry, entry])])).toMatchObject({ findings: [{ severity: 'blocker' }] });
    const { fingerprint: _, ...rest } = entry ?? {};
    expect(parseCodeQuality([JSON.stringify([entry, rest, entry])])).toMatchObject({
      findings: [{ severity: 'blocker' }],
      error: 'an entry does not fit the schema',
    });
    const broken = parseCodeQuality(['[{']);
    expect(widgetLines([{ name: 'a', reports: { codequality: broken, absent: [] } }])[0]).toMatch(
      /^Code Quality failed to load: JSON parsing failed/,
    );
  });

  test('XML that is none', () => {
    const junit = parseJunit(['<testsuites><testcase name="a"></testsuites>']);
    expect(widgetLines([{ name: 'a', reports: { junit, absent: [] } }])[0]).toMatch(/JUnit XML parsing failed/);
  });

  test.each([
    [{ expose_as: 'plan (new)', paths: ['a'] }, 'can contain only letters'],
    [{ expose_as: 'plan' }, "paths can't be blank"],
    [{ expose_as: 'plan', paths: ['*.html'] }, "can't contain '*'"],
  ])('an exposed artifact: %j', (given, fault) => {
    expect(unsupported(new Map([['plan', { artifacts: given }]]))).toEqual([expect.stringContaining(fault)]);
    expect(unsupported(new Map([['plan', { artifacts: { expose_as: 'plan', paths: ['a'] } }]]))).toEqual([]);
  });
});
