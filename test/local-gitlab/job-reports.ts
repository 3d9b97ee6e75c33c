import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DOMParser, type Element } from '@xmldom/xmldom';
import type { JobConfig } from './config.ts';
import { stateDirectory } from './workspace.ts';

/** What GitLab shows of a code quality report; of a malformed one nothing but its error. */
export interface CodeQuality {
  readonly findings: readonly {
    fingerprint: string;
    severity: string;
    path: string;
    line: number;
    description: string;
  }[];
  readonly error?: string;
}

export interface TestReport {
  readonly cases: readonly {
    suite: string;
    name: string;
    status: 'success' | 'failed' | 'error' | 'skipped';
    output: string;
  }[];
  readonly error?: string;
}

export interface PlanReport {
  readonly counts?: { readonly create: number; readonly update: number; readonly delete: number };
  readonly error?: 'missing_json_keys' | 'invalid_json_format' | 'invalid_resource_count';
}

/** The reports of a job, parsed as GitLab parses them, and what its merge request offers to open. */
export interface JobReports {
  readonly codequality?: CodeQuality;
  readonly junit?: TestReport;
  readonly terraform?: PlanReport;
  /** Name in the merge request, and the files behind it. */
  readonly exposed?: { readonly name: string; readonly files: readonly string[] };
  /** Files that the job names and did not leave: the runner warns, the job is none the worse. */
  readonly absent: readonly string[];
}

/** The folder of a job in a pipeline's checkout, by the name gitlab-ci-local gives it. */
export function jobFolder(checkout: string, job: string): string {
  const name = job.replaceAll(/[^\w-]+/g, (part) => Buffer.from(part).toString('base64url'));
  return join(checkout, stateDirectory, 'builds', name);
}

/** Reads what a job left in its folder, if it ended so that its artifacts are kept. */
export async function readJobReports(
  folder: string,
  { artifacts }: JobConfig,
  { succeeded, expanded = (text) => text }: { succeeded: boolean; expanded?: (text: string) => string },
): Promise<JobReports> {
  const keeps = artifacts?.when === 'always' || succeeded;
  if (artifacts === undefined || !keeps) return { absent: [] };
  const absent: string[] = [];
  const texts = async (patterns: string | readonly string[] | undefined) => {
    const files = [patterns ?? []].flat().flatMap((given) => {
      const pattern = expanded(given);
      const found = globSync(pattern, { cwd: folder }).toSorted();
      if (found.length === 0) absent.push(pattern);
      return found;
    });
    return await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  };
  const { codequality, junit, terraform } = artifacts.reports ?? {};
  const [quality = [], tests = [], plans = []] = [await texts(codequality), await texts(junit), await texts(terraform)];
  const exposed = (artifacts.paths ?? []).map(expanded).filter((path) => globSync(path, { cwd: folder }).length > 0);
  return {
    ...(quality.length === 0 ? {} : { codequality: parseCodeQuality(quality) }),
    ...(tests.length === 0 ? {} : { junit: parseJunit(tests) }),
    ...(plans[0] === undefined ? {} : { terraform: parsePlan(plans[0]) }),
    ...(artifacts.expose_as === undefined || exposed.length === 0
      ? {}
      : { exposed: { name: artifacts.expose_as, files: exposed } }),
    absent,
  };
}

/**
 * By `lib/gitlab/ci/parsers/codequality/code_climate.rb` and its schema: one entry that does not fit ends the reading, and
 * entries of one fingerprint are one.
 */
export function parseCodeQuality(texts: readonly string[]): CodeQuality {
  const findings = new Map<string, CodeQuality['findings'][number]>();
  try {
    for (const text of texts) {
      for (const entry of JSON.parse(text) as readonly unknown[]) {
        const { description, fingerprint, severity, location } = entry as Record<string, unknown>;
        const { path, lines } = (location ?? {}) as { path?: unknown; lines?: { begin?: unknown } };
        const words = [description, fingerprint, severity, path];
        const fits = words.every((value) => typeof value === 'string') && Number.isInteger(lines?.begin);
        if (!fits) return { findings: [...findings.values()], error: 'an entry does not fit the schema' };
        const [first, second, third, fourth] = words as [string, string, string, string];
        findings.set(second, {
          ...{ description: first, fingerprint: second, severity: third },
          ...{ path: fourth, line: Number(lines?.begin) },
        });
      }
    }
    return { findings: [...findings.values()] };
  } catch (thrown) {
    return { findings: [], error: `JSON parsing failed: ${String(thrown)}` };
  }
}

/** By `lib/gitlab/ci/parsers/test/junit.rb`. */
export function parseJunit(texts: readonly string[]): TestReport {
  const cases: TestReport['cases'][number][] = [];
  try {
    for (const text of texts) {
      const stop = (level: string, message: string) => {
        if (level !== 'warning') throw new Error(message);
      };
      const document = new DOMParser({ onError: stop }).parseFromString(text, 'text/xml');
      for (const element of document.getElementsByTagName('testcase')) cases.push(testCase(element));
    }
    return { cases };
  } catch (thrown) {
    return { cases, error: `JUnit XML parsing failed: ${String(thrown)}` };
  }
}

function testCase(element: Element): TestReport['cases'][number] {
  const suite = (element.parentNode as Element | null)?.getAttribute('name') ?? '';
  const outcomes = { failure: 'failed', error: 'error', skipped: 'skipped' } as const;
  for (const [tag, status] of Object.entries(outcomes)) {
    const [found] = element.getElementsByTagName(tag);
    if (found !== undefined) {
      return { suite, name: element.getAttribute('name') ?? '', status, output: found.textContent ?? '' };
    }
  }
  return { suite, name: element.getAttribute('name') ?? '', status: 'success', output: '' };
}

/** By `lib/gitlab/ci/parsers/terraform/tfplan.rb`. */
export function parsePlan(text: string): PlanReport {
  let plan: Readonly<Record<string, unknown>>;
  try {
    plan = JSON.parse(text);
  } catch {
    return { error: 'invalid_json_format' };
  }
  const names = ['create', 'update', 'delete'] as const;
  if (names.some((name) => !(name in plan))) return { error: 'missing_json_keys' };
  const counts = names.map((name) => {
    const value = plan[name];
    if (typeof value === 'number') return Math.min(value, 999_999);
    return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
  });
  const [create, update, remove] = counts;
  if (create === undefined || update === undefined || remove === undefined) return { error: 'invalid_resource_count' };
  return { counts: { create, update, delete: remove } };
}
