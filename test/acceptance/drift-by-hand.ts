import type { Stage } from './stage.ts';

const group = 'vendhost-dev-shop';

/** A GitLab project that gets an issue about drift. */
export interface DriftProject {
  /** What a job of it has: the check opens issues there. */
  readonly env: Readonly<Record<string, string>>;
  issues(): readonly { readonly state: string; readonly title: string; readonly description: string | null }[];
}

/**
 * The group's size is changed with the aws command line; the check finds it, and nothing after the repair. With a project it opens
 * an issue and closes it. Who changed it is asked for there only: CloudTrail's events are minutes late on AWS
 * (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html).
 */
export async function driftByHand(stage: Stage, project?: DriftProject): Promise<void> {
  const { site, timeline, signal, say, check } = stage;
  const setSize = (size: number) =>
    site.aws(
      ...['autoscaling', 'update-auto-scaling-group', '--auto-scaling-group-name', group, '--max-size', String(size)],
    );
  const look = async (name: string) => {
    const words = ['drift', 'check', '--environment', 'dev', '--tenant', 'shop', '--check', 'stacks'];
    say(`  $ vendhost ${words.join(' ')}`);
    const onLine = (line: string) => say(`    ${line}`);
    const env = project?.env ?? {};
    const { exitCode, all } = await timeline.stage(name, () => site.operate(words, { onLine, env, signal }));
    signal.throwIfAborted();
    return { exitCode, text: String(all) };
  };

  const query = 'AutoScalingGroups[0].MaxSize';
  const describe = ['describe-auto-scaling-groups', '--auto-scaling-group-names', group, '--query', query] as const;
  const size = Number(await site.aws('autoscaling', ...describe));
  await setSize(size + 5);
  const found = await look('drift check');
  check(found.exitCode === 2, 'the check ends with exit code 2');
  check(found.text.includes(`/MaxSize: ${size} → ${size + 5}`), 'it says what was changed');
  if (project !== undefined) {
    check(found.text.includes('CloudTrail: UpdateAutoScalingGroup by'), 'and who changed it');
    const [issue] = project.issues();
    check(issue?.state === 'opened', `it opens the issue "${issue?.title}":`);
    for (const line of (issue?.description ?? '').split('\n').slice(1)) say(`    │ ${line}`);
  }

  await setSize(size);
  const repaired = await look('drift check again');
  check(repaired.exitCode === 0, 'after the repair the check finds nothing');
  if (project === undefined) return;
  const isClosed = project.issues().every(({ state }) => state === 'closed');
  check(isClosed, 'and closes the issue');
}
