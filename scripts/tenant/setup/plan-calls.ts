import type { PlannedCall } from '../../gitlab/http/planned-call.ts';
import { allowCall } from '../../gitlab/job-token-scope.ts';
import { protectCall } from '../../gitlab/protection.ts';
import { subjectCall } from '../../gitlab/token-subject.ts';
import { type VariableChange, variableCall } from '../../gitlab/variables.ts';
import type { ProjectPlan } from '../project-plan.ts';

/** The calls that change GitLab, in the order in which vending sends them; `variables` are those of all environments. */
export function plannedCalls(
  { path, make, protect, allow, settings, subject }: ProjectPlan,
  variables: readonly VariableChange[],
): PlannedCall[] {
  const when = (time: 'before' | 'after') => [
    ...(time === 'after' && subject?.when === time ? [subjectCall(path, subject.to)] : []),
    ...settings.filter((setting) => setting.when === time).map(({ call }) => call),
    ...(time === 'before' && subject?.when === time ? [subjectCall(path, subject.to)] : []),
  ];
  return [
    ...(make === undefined ? [] : [make]),
    ...protect.map((branch) => protectCall(path, branch)),
    ...(allow === undefined ? [] : [allowCall(allow.libraryId, allow.project)]),
    ...when('before'),
    ...variables.map((change) => variableCall(path, change)),
    ...when('after'),
  ];
}
