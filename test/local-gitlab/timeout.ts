import type { JobConfig } from './config.ts';

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
/** A project's own limit, as it is in new projects. */
const limitOfProject = '1h';

/** How long a job may take in milliseconds: `45m`, `1 hour 30 minutes` (https://docs.gitlab.com/ci/yaml/#timeout). */
export function timeoutMs({ timeout = limitOfProject }: JobConfig): number {
  const parts = [...String(timeout).matchAll(/(\d+)\s*(s|m|h|d)[a-z]*/g)];
  if (parts.length === 0) throw new Error(`timeout: ${String(timeout)} is no duration`);
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (seconds[unit] ?? 0) * 1000, 0);
}

/** What a job is told of its time (https://docs.gitlab.com/ci/variables/predefined_variables/). */
export function timeVariables(job: JobConfig, now: Date): Record<string, string> {
  return {
    CI_JOB_TIMEOUT: String(timeoutMs(job) / 1000),
    CI_JOB_STARTED_AT: now.toISOString().replace(/\.\d+/, ''),
  };
}
