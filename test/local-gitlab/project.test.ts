import { describe, expect, test } from 'vitest';
import type { AutoCancel, JobConfig } from './config.ts';
import { type AdmittedJob, GitlabProject, type PeerPipeline } from './project.ts';

interface Fake extends PeerPipeline {
  /** Which of `bake` (interruptible) and `release` (not) were canceled. */
  readonly canceled: string[];
}

const jobs: Record<string, JobConfig> = { bake: { interruptible: true }, release: { interruptible: false } };

function pipeline(
  id: number,
  started: readonly string[] = [],
  mode: AutoCancel = 'conservative',
  branch = 'dev',
): Fake {
  const canceled: string[] = [];
  return {
    ...{ id: String(id), branch, commit: `commit-${id}`, canceled },
    autoCancel: async () => mode,
    startedJobs: async () => started.map((name) => jobs[name] ?? {}),
    async cancelJobs(which) {
      canceled.push(...Object.keys(jobs).filter((name) => which(jobs[name] ?? {})));
    },
  };
}

describe('a push cancels the older pipelines of its branch', () => {
  test.each<[string, Fake, string[]]>([
    ['conservative: while nothing has started', pipeline(1), ['bake', 'release']],
    ['conservative: while only what may be interrupted has', pipeline(1, ['bake']), ['bake', 'release']],
    ['conservative: not once something else has', pipeline(1, ['bake', 'release']), []],
    ['a job without the keyword may not be interrupted', pipeline(1, ['other']), []],
    ['interruptible: those jobs, at any time', pipeline(1, ['bake', 'release'], 'interruptible'), ['bake']],
    ['none', pipeline(1, [], 'none'), []],
    ['not of another branch', pipeline(1, [], 'conservative', 'staging'), []],
    ['not of the same commit', { ...pipeline(1), commit: 'commit-2' }, []],
  ])('%s', async (_what, older, canceled) => {
    const project = new GitlabProject();
    await project.begin(older);
    await project.begin(pipeline(2));
    expect(older.canceled).toEqual(canceled);
  });

  test('not one that has ended, and none where it is switched off', async () => {
    const [ended, running] = [pipeline(1), pipeline(1)];
    const [project, off] = [new GitlabProject(), new GitlabProject({ autoCancel: false })];
    await project.begin(ended);
    project.end(ended);
    await project.begin(pipeline(2));
    await off.begin(running);
    await off.begin(pipeline(2));
    expect([ended.canceled, running.canceled]).toEqual([[], []]);
  });
});

describe('a deployment job', () => {
  const release: AdmittedJob = { resourceGroup: 'dev', deploysTo: 'dev' };
  const refusalAfter = async (project: GitlabProject, last: PeerPipeline, succeeded: boolean, next: PeerPipeline) => {
    (await project.admit(last, release)).leave(succeeded);
    const { refusal, leave } = await project.admit(next, release);
    leave(false);
    return refusal;
  };

  test('older than the last that succeeded fails before it runs', async () => {
    const why = 'failed outdated deployment job';
    expect(await refusalAfter(new GitlabProject(), pipeline(2), true, pipeline(1))).toBe(why);
    expect(await refusalAfter(new GitlabProject(), pipeline(2), false, pipeline(1))).toBeUndefined();
    expect(await refusalAfter(new GitlabProject(), pipeline(1), true, pipeline(2))).toBeUndefined();
    const same = { ...pipeline(1), commit: 'commit-2' };
    expect(await refusalAfter(new GitlabProject(), pipeline(2), true, same)).toBeUndefined();
    const off = new GitlabProject({ forwardDeployment: false });
    expect(await refusalAfter(off, pipeline(2), true, pipeline(1))).toBeUndefined();
  });

  test('a job that only prepares an environment is no deployment', async () => {
    const project = new GitlabProject();
    (await project.admit(pipeline(2), release)).leave(true);
    expect(await project.admit(pipeline(1), { ...release, deploysTo: undefined })).not.toHaveProperty('refusal');
  });

  test('one job of a resource group at a time, over all pipelines; outdated is who it is when its turn comes', async () => {
    const project = new GitlabProject();
    const newer = await project.admit(pipeline(2), release);
    const order: string[] = [];
    const older = project.admit(pipeline(1), release).then((admitted) => {
      order.push('older');
      return admitted;
    });
    await project.admit(pipeline(3), { ...release, resourceGroup: 'staging' });
    order.push('newer ends');
    newer.leave(true);
    expect((await older).refusal).toBe('failed outdated deployment job');
    expect(order).toEqual(['newer ends', 'older']);
  });
});
