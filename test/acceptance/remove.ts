import { DeleteSecurityGroupCommand, DeleteSnapshotCommand, DeregisterImageCommand } from '@aws-sdk/client-ec2';
import { poll } from '../../scripts/aws/poll.ts';
import type { Aws } from '../../scripts/aws/session.ts';
import { messageOf } from '../../scripts/errors.ts';
import { removeBucket } from '../../scripts/platform/destroy/buckets.ts';
import type { Runtime } from '../../scripts/runtime.ts';
import { deleteStack } from '../../scripts/stack/delete.ts';
import { cancelPipelines, type KitProject } from './gitlab-project.ts';
import { readMarker, removeMarker, writeMarker } from './marker.ts';
import { type Removal, readRemains, removalPlan } from './remains.ts';
import type { Site } from './stage.ts';

/** What removal needs. */
export interface RemovalParts {
  readonly runtime: Runtime;
  readonly aws: Aws;
  readonly kit: KitProject;
  readonly site: Site;
  readonly say: (line: string) => void;
}

/** One thing that could not be removed, and why. */
export interface NotRemoved {
  readonly what: string;
  readonly why: string;
}

/**
 * Removes all that the kit made, also what a killed run left, by names and tags. A thing that cannot be removed does not stop the
 * rest. Returns what is still there, and what could not be looked at.
 */
export async function removeAll(parts: RemovalParts): Promise<NotRemoved[]> {
  const { aws, kit, say } = parts;
  const failed: NotRemoved[] = [];
  const trying = async (what: string, work: () => Promise<unknown>) => {
    say(`removing ${what}`);
    await work().catch((error: unknown) => failed.push({ what, why: messageOf(error) }));
  };
  // A job that still runs would make again what is removed.
  await trying(`pipelines of ${kit.project} that still run`, () => cancelPipelines(kit));
  const marker = await readMarker(aws);
  const remains = await readRemains(aws, marker);
  if (marker !== undefined && remains.key !== undefined) await writeMarker(aws, { ...marker, key: remains.key });
  for (const step of removalPlan(remains)) await trying(nameOf(step), () => remove(parts, step));
  // What a stack retains is there only once the stack is gone.
  const left = removalPlan(await readRemains(aws, undefined));
  for (const step of left) await trying(nameOf(step), () => remove(parts, step));
  await trying(`variables and protection in ${kit.project}`, () => cleanProject(kit));
  const still = removalPlan(await readRemains(aws, undefined)).map((step) => ({
    what: nameOf(step),
    why: 'still there',
  }));
  const first = failed.filter(
    ({ what }) => still.every((each) => each.what !== what) && !left.some((step) => nameOf(step) === what),
  );
  if (still.length + first.length === 0) await removeMarker(aws);
  return [...still.map((each) => failed.findLast(({ what }) => what === each.what) ?? each), ...first];
}

const nameOf = (step: Removal) => (step.kind === 'data' ? `${step.what} ${step.name}` : `${step.kind} ${step.name}`);

async function remove(parts: RemovalParts, step: Removal): Promise<void> {
  const { runtime, aws, site, say } = parts;
  const { signal } = runtime;
  switch (step.kind) {
    case 'stack':
      return await deleteStack(runtime, aws, step.name, { force: true });
    case 'bucket':
      return await removeBucket(runtime, aws, step.name);
    case 'data':
      return await removeData(parts, step.what, step.name);
    case 'security group':
      // The database's network interface goes some time after the database.
      await poll({
        what: `security group ${step.name} to be free`,
        ...{ pace: aws.pace, limitMs: 10 * 60_000, signal },
        check: async () => {
          const command = new DeleteSecurityGroupCommand({ GroupId: step.name });
          return await (await aws.ec2()).send(command).then(() => true, stillUsed);
        },
      });
      return;
    case 'image':
      await (await aws.ec2()).send(new DeregisterImageCommand({ ImageId: step.name }));
      return;
    case 'snapshot':
      await (await aws.ec2()).send(new DeleteSnapshotCommand({ SnapshotId: step.name }));
      return;
    case 'platform': {
      const words = ['platform', 'destroy', '--environment', 'dev'];
      const onLine = (line: string) => say(`  ${line}`);
      const { exitCode } = await site.operate(words, { onLine, signal });
      if (exitCode !== 0) throw new Error(`vendhost ${words.join(' ')} ended with ${exitCode}`);
      return;
    }
    case 'key':
      // The shortest time that KMS takes; it costs nothing from now on (https://aws.amazon.com/kms/pricing/).
      await site
        .aws('kms', 'schedule-key-deletion', '--key-id', step.name, '--pending-window-in-days', '7')
        .catch((error: unknown) => {
          // A former run has.
          if (!/pending deletion/i.test(messageOf(error))) throw error;
        });
  }
}

function stillUsed(error: unknown): undefined | true {
  if (error instanceof Error && error.name === 'DependencyViolation') return undefined;
  if (error instanceof Error && error.name === 'InvalidGroup.NotFound') return true;
  throw error;
}

async function removeData({ aws, site, runtime }: RemovalParts, what: string, name: string): Promise<void> {
  if (what === 'secret') {
    await site.aws('secretsmanager', 'delete-secret', '--force-delete-without-recovery', '--secret-id', name);
  } else if (what === 'log group') {
    await site.aws('logs', 'delete-log-group', '--log-group-name', name);
  } else if (what === 'parameter group') {
    await site.aws('rds', 'delete-db-parameter-group', '--db-parameter-group-name', name);
  } else {
    const id = ['--db-instance-identifier', name];
    await site.aws('rds', 'modify-db-instance', ...id, '--no-deletion-protection', '--apply-immediately');
    await site.aws('rds', 'delete-db-instance', ...id, '--skip-final-snapshot', '--delete-automated-backups');
    const { DescribeDBInstancesCommand } = await import('@aws-sdk/client-rds');
    await poll({
      what: `database ${name} to be deleted`,
      ...{ pace: aws.pace, limitMs: 45 * 60_000, signal: runtime.signal },
      check: async () => {
        const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: name });
        return await (await aws.rds()).send(command).then(() => undefined, gone);
      },
    });
  }
}

function gone(error: unknown): true {
  if (error instanceof Error && /^DBInstanceNotFound/.test(error.name)) return true;
  throw error;
}

/** What vending set in the project. The branch and its files stay: GitLab deletes no default branch. */
async function cleanProject({ api, project }: KitProject): Promise<void> {
  const variables = await api.call(`read the variables of ${project}`, (client) =>
    client.ProjectVariables.all(project),
  );
  for (const { key, environment_scope } of variables) {
    if (key !== 'AWS_REGION' && !key.startsWith('VENDHOST_')) continue;
    const filter = { environment_scope: String(environment_scope) };
    await api.call(`delete the variable ${key} of ${project}`, (client) =>
      client.ProjectVariables.remove(project, key, { filter } as object),
    );
  }
  const branches = await api.call(`read the protected branches of ${project}`, (client) =>
    client.ProtectedBranches.all(project),
  );
  if (!branches.some(({ name }) => name === 'dev')) return;
  await api.call(`unprotect dev of ${project}`, (client) => client.ProtectedBranches.unprotect(project, 'dev'));
}
