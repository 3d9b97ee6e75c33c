import { readPipelineFile } from '../ci/pipeline-file.ts';
import type { TemplateInputs } from '../ci/template-inputs.ts';
import { shownValue } from '../config/issues.ts';
import { halves } from '../config/tenant.ts';
import type { CheckFinding } from './findings.ts';

const branches = ['dev_branch', 'staging_branch', 'production_branch'] as const;

/**
 * What goes wrong without an error of GitLab when a pipeline includes tenant.yml, or the template of a half: two includes merge what has one name, and the last
 * `workflow` counts; of two environments with one branch, the first gets everything. What cannot be read here is for GitLab to judge.
 *
 * @param directory where `.gitlab-ci.yml` is, if there is one
 */
export async function includedTwice(directory: string): Promise<CheckFinding[]> {
  const file = await readPipelineFile(directory).catch(() => undefined);
  const tenants = (file?.templates ?? []).filter(
    ({ name }) => name === 'tenant' || halves.some((half) => half === name),
  );
  // Of two with rules, a pipeline may have only one.
  const always = tenants.filter(({ hasRules }) => !hasRules);
  return [
    ...tenants.flatMap(({ inputs }) => sharedBranches(inputs)),
    ...togetherFaults(always.map(({ inputs }) => inputs)),
  ];
}

/** Two environments of one branch, in the inputs of one include with the template's defaults. */
export function sharedBranches(inputs: TemplateInputs): CheckFinding[] {
  return branches.flatMap((input, index) => {
    const other = branches.slice(0, index).find((one) => inputs[one] !== '' && inputs[one] === inputs[input]);
    const message = `${inputs.tenant}: ${shownValue(inputs[input])} is the branch of ${other} too, which gets all its pipelines`;
    return other === undefined ? [] : [fault(input, message)];
  });
}

/** What several includes of tenant.yml must not share, and what they must. */
export function togetherFaults(tenants: readonly TemplateInputs[]): CheckFinding[] {
  const names = tenants.map(({ tenant }) => tenant);
  const repeated = [...new Set(names.filter((name, index) => names.indexOf(name) < index))];
  const all = names.join(' and ');
  const same = (['job_prefix', 'environment_prefix'] as const).filter((input) => {
    return new Set(tenants.map((inputs) => inputs[input])).size < tenants.length;
  });
  const different = branches.filter((input) => new Set(tenants.map((inputs) => inputs[input])).size > 1);
  return [
    ...repeated.map((name) => fault('tenant', `${name}: is included twice, and both would deploy to one virtual host`)),
    ...same.map((input) => fault(input, `${all}: must differ, or the last tenant takes the place of the others`)),
    ...different.map((input) => fault(input, `${all}: must be the same, because a pipeline has one workflow`)),
  ];
}

function fault(input: string, message: string): CheckFinding {
  return { severity: 'fault', file: '.gitlab-ci.yml', path: `include: inputs.${input}`, message };
}
