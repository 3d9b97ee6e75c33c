import type { Place } from '../../config/names.ts';
import type { FailedEvent } from '../../deployment/failed-events.ts';
import { isOfFormerRevision } from '../lifecycle-events.ts';

/** What made an event fail, as far as the next step depends on it. */
export type Cause =
  | 'agent'
  | 'former'
  | 'file'
  | 'output'
  | 'interpreter'
  | 'signal'
  | 'bytes'
  | 'user'
  | 'silent'
  | 'traffic'
  | 'health'
  | 'bundle'
  | 'install'
  | 'script';

/** The agent's and CodeDeploy's own messages are not caused by a script; nor are failures of events that run no script. */
function failureCause({ event }: FailedEvent): Cause {
  const { message = '', script = '' } = event.error ?? {};
  if (message.includes('agent was not able to receive the lifecycle event')) return 'agent';
  if (isOfFormerRevision(event.name)) return 'former';
  const known = ofMessage.find(([pattern]) => pattern.test(message));
  if (known !== undefined) return known[1];
  if (script !== '') return causeInLog(message, event.error?.logTail ?? '');
  return withoutScript[event.name] ?? 'script';
}

/** The agent's words (https://github.com/aws/aws-codedeploy-agent/tree/v1.8.1/lib/instance_agent/plugins/codedeploy). */
const ofMessage: readonly (readonly [RegExp, Cause])[] = [
  [/already exists at this location/, 'file'],
  [/failed to close STD(OUT|ERR)/, 'output'],
  // The script exists; otherwise the error would be ScriptMissing.
  [/failed with error Errno::ENOENT/, 'interpreter'],
  [/failed with exit code\s*$/, 'signal'],
  [/^Attempting minimal diagnostics/, 'bytes'],
];

function causeInLog(message: string, logTail: string): Cause {
  const printed = logTail.split('\n').filter((line) => /^\[std(out|err)\]/.test(line));
  const isRefused = printed.some((line) => /\](su: user \S+ does not exist|This account is currently not )/.test(line));
  if (isRefused) return 'user';
  // If a line is too long the agent keeps nothing, not even its own lines.
  return printed.length === 0 && logTail.includes('Script - ') && /failed with exit code/.test(message)
    ? 'silent'
    : 'script';
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

/** The next step after failed events; the first one decides. */
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
      'the script left a process in the background that keeps its output open: redirect both outputs of that process, in a shell by > FILE 2>&1 before the &, and push',
    interpreter:
      "the instance has no program that the script's first line names: install it in infrastructure/install.sh, or name another; then push",
    signal: `a signal ended the script, as when memory runs out; \`${logs}\` shows all that it printed`,
    bytes: `the script failed, and the agent cannot report what it printed, as that is not UTF-8: \`${logs}\` shows it`,
    user: 'the agent runs a script with runas by `su USER -c`, for which the user must be there and have a login shell: see to both in infrastructure/install.sh (useradd or usermod with --shell /bin/sh), or leave runas out and write `runuser --user USER -- …` in the script; then push',
    silent: 'the script printed nothing before it failed: `set -x` at its top shows each command; then push',
    traffic: `the instance did not leave the load balancer: retry the job; if it fails again, replace it with \`${replace}\``,
    health:
      'no script failed: the software does not answer the health check as named above; correct it, or health_check in vendhost.yml, and push',
    bundle: 'the instance could not download the revision: retry the job; if it fails again, ask the platform team',
    install: 'no script failed: correct appspec.yml or the files that it names, as said above, and push',
    script: `fix the script and push; \`${logs}\` shows all that it printed`,
  }[first === undefined ? 'script' : failureCause(first)];
}
