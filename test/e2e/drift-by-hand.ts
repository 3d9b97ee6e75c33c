import { awsCli } from './aws-cli/aws-cli.ts';
import type { Timeline } from './timeline.ts';
import { devAccount, type World } from './world.ts';

const platformProject = 'operations/lanterns';
const group = 'vendhost-dev-shop';

/** What the demo has at hand. */
export interface Stage {
  readonly world: World;
  readonly timeline: Timeline;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly check: (holds: boolean, what: string) => void;
}

/** The group's size is changed with the aws command line; the check finds it and opens an issue, and closes it after the repair. */
export async function driftByHand({ world, timeline, signal, say, check }: Stage): Promise<void> {
  const aws = await awsCli(world.cloud.endpoint, devAccount, (line) => say(`  ${line}`));
  const project = world.gitlab.state.addProject(platformProject);
  const issues = () => world.gitlab.state.discussions.issues(project);
  const setSize = (size: number) =>
    aws('autoscaling', 'update-auto-scaling-group', '--auto-scaling-group-name', group, '--max-size', String(size));
  const look = async (stage: string) => {
    const words = ['drift', 'check', '--environment', 'dev', '--tenant', 'shop', '--check', 'stacks'];
    say(`  $ vendhost ${words.join(' ')}`);
    const env = { CI_PROJECT_ID: platformProject, CI_SERVER_URL: world.gitlab.address };
    const onLine = (line: string) => say(`    ${line}`);
    const { exitCode, all } = await timeline.stage(stage, () => world.operate(words, { onLine, env, signal }));
    signal.throwIfAborted();
    return { exitCode, text: String(all) };
  };

  const query = 'AutoScalingGroups[0].MaxSize';
  const describe = ['describe-auto-scaling-groups', '--auto-scaling-group-names', group, '--query', query] as const;
  const size = Number(await aws('autoscaling', ...describe));
  await setSize(size + 5);
  const found = await look('drift check');
  check(found.exitCode === 2, 'the check ends with exit code 2');
  check(found.text.includes(`/MaxSize: ${size} → ${size + 5}`), 'it says what was changed');
  check(found.text.includes('CloudTrail: UpdateAutoScalingGroup by'), 'and who changed it');
  const [issue] = issues();
  check(issue?.state === 'opened', `it opens the issue "${issue?.title}":`);
  for (const line of (issue?.description ?? '').split('\n').slice(1)) say(`    │ ${line}`);

  await setSize(size);
  const repaired = await look('drift check again');
  check(repaired.exitCode === 0, 'after the repair the check finds nothing');
  check(
    issues().every(({ state }) => state === 'closed'),
    'and closes the issue',
  );
}
