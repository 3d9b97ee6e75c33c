import type { Place } from '../../config/names.ts';
import type { FailedEvent } from '../../deployment/failed-events.ts';
import { isOfFormerRevision } from '../lifecycle-events.ts';

/** What made an event fail, as far as the next step depends on it. */
export type Cause = 'agent' | 'former' | 'file' | 'output' | 'traffic' | 'health' | 'bundle' | 'install' | 'script';

/** The agent's and CodeDeploy's own messages that are no fault of a script; nor are events that run no script. */
function failureCause({ event }: FailedEvent): Cause {
  const { message = '', script = '' } = event.error ?? {};
  if (message.includes('agent was not able to receive the lifecycle event')) return 'agent';
  if (isOfFormerRevision(event.name)) return 'former';
  if (message.includes('already exists at this location')) return 'file';
  if (/failed to close STD(OUT|ERR)/.test(message)) return 'output';
  if (script !== '') return 'script';
  return withoutScript[event.name] ?? 'script';
}

/** Events that cannot have a hook (https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html). */
const withoutScript: Readonly<Record<string, Cause>> = {
  BlockTraffic: 'traffic',
  AllowTraffic: 'health',
  DownloadBundle: 'bundle',
  Install: 'install',
};

/** The host that a release failed on. */
export interface FailedHost {
  readonly place: Place;
  readonly needsApproval: boolean;
}

/** The next step after events that failed; the first decides. */
export function failureHint({ place, needsApproval }: FailedHost, failed: readonly FailedEvent[]): string {
  const { tenant, environment } = place;
  const [first] = failed;
  const logs = `vendhost host logs --tenant ${tenant} --environment ${environment} --hook ${first?.event.name ?? ''}`;
  const replace = `vendhost host replace --tenant ${tenant} --environment ${environment} --instance ${first?.instance ?? ''}`;
  return {
    agent: `the CodeDeploy agent on the instance does not answer: replace the instance with \`${replace}\`, then retry the job`,
    former:
      'the script belongs to the revision that is on the instance, so no push changes it: correct it for the next release, push' +
      (needsApproval
        ? `, and ask the platform team to run \`vendhost release start --ignore-stop-failures --tenant ${tenant} --environment ${environment}\` with the revision`
        : ' with the CI/CD variable VENDHOST_IGNORE_STOP_FAILURES=true set in the project, and remove the variable again'),
    file: 'write file_exists_behavior: OVERWRITE at the top of appspec.yml, or remove the file in a BeforeInstall script; then push',
    output:
      'the script left a process in the background that keeps its output open: add > FILE 2>&1 before the &, and push',
    traffic: `the instance did not leave the load balancer: retry the job; if it fails again, replace it with \`${replace}\``,
    health:
      'no script failed: the software does not answer the health check as named above; correct it, or health_check in vendhost.yml, and push',
    bundle: 'the instance could not download the revision: retry the job; if it fails again, ask the platform team',
    install: 'no script failed: correct appspec.yml or the files that it names, as said above, and push',
    script: `fix the script and push; \`${logs}\` shows all that it printed`,
  }[first === undefined ? 'script' : failureCause(first)];
}
