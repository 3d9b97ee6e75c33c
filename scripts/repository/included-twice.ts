import { type PipelineFile, readPipelineFile } from '../ci/pipeline-file.ts';
import type { Finding } from './findings.ts';

type Inputs = PipelineFile['templates'][number]['inputs'];

const branches = ['dev_branch', 'staging_branch', 'production_branch'] as const;

/**
 * What goes wrong without an error of GitLab when a pipeline includes tenant.yml twice: it merges what has one name, and the last
 * `workflow` counts. What cannot be read here is for GitLab to judge.
 *
 * @param directory where `.gitlab-ci.yml` is, if there is one
 */
export async function includedTwice(directory: string): Promise<Finding[]> {
  const file = await readPipelineFile(directory).catch(() => undefined);
  return tenantFindings((file?.templates ?? []).filter(({ name }) => name === 'tenant').map(({ inputs }) => inputs));
}

/** Findings for the inputs of each include of tenant.yml. */
export function tenantFindings(tenants: readonly Inputs[]): Finding[] {
  const names = tenants.map(({ tenant }) => tenant).join(' and ');
  const fault = (path: string, message: string): Finding => ({
    severity: 'fault',
    file: '.gitlab-ci.yml',
    path: `include: inputs.${path}`,
    message: `${names}: ${message}`,
  });
  const prefixes = (['job_prefix', 'environment_prefix'] as const).filter((input) => {
    const values = tenants.map((inputs) => inputs[input] ?? '');
    return new Set(values).size < values.length;
  });
  const different = branches.filter((input) => new Set(tenants.map((inputs) => inputs[input])).size > 1);
  return [
    ...prefixes.map((input) => fault(input, 'must differ, or the last tenant takes the place of the others')),
    ...different.map((input) => fault(input, 'must be the same, because a pipeline has one workflow')),
  ];
}
