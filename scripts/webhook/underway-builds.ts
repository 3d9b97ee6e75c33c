import type { Build, Project } from '@aws-sdk/client-codebuild';
import { poll } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import { buildNames, names, type Place } from '../config/names.ts';
import type { Runtime } from '../runtime.ts';

/** No build is queued and runs for more than 44 hours in total (https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html). */
const longestMs = 48 * 3_600_000;

/** CodeBuild stops a build within seconds, and then removes its network. */
const limitMs = 15 * 60_000;

/** The tenant's existing CodeBuild projects; a tenant whose GitLab project has a runner has none. */
export async function readBuildProjects(aws: Aws, place: Place): Promise<Project[]> {
  const { BatchGetProjectsCommand } = await import('@aws-sdk/client-codebuild');
  const command = new BatchGetProjectsCommand({ names: buildNames.map((which) => names.buildProject(place, which)) });
  return (await (await aws.codeBuild()).send(command)).projects ?? [];
}

/** The newest build of a project. */
export async function readNewestBuild(aws: Aws, projectName: string): Promise<Build | undefined> {
  const { BatchGetBuildsCommand, ListBuildsForProjectCommand } = await import('@aws-sdk/client-codebuild');
  const client = await aws.codeBuild();
  const newest = new ListBuildsForProjectCommand({ projectName, sortOrder: 'DESCENDING' });
  const [id] = (await client.send(newest)).ids ?? [];
  return id === undefined ? undefined : (await client.send(new BatchGetBuildsCommand({ ids: [id] }))).builds?.[0];
}

/** Ids of the tenant's queued and running builds. */
export async function readUnderwayBuilds(aws: Aws, place: Place): Promise<string[]> {
  const projects = await readBuildProjects(aws, place);
  const builds = await Promise.all(projects.map(({ name = '' }) => recentBuilds(aws, name)));
  return builds.flat().flatMap(({ id, buildComplete }) => (id === undefined || buildComplete ? [] : [id]));
}

/** Stops the tenant's builds, and waits until all of them have ended. */
export async function stopBuilds({ out, signal }: Runtime, aws: Aws, place: Place): Promise<void> {
  const { ResourceNotFoundException, StopBuildCommand } = await import('@aws-sdk/client-codebuild');
  const client = await aws.codeBuild();
  const asked = new Set<string>();
  await poll({
    what: `the builds of ${names.host(place)} to end`,
    ...{ pace: aws.pace, limitMs, signal },
    check: async () => {
      const underway = await readUnderwayBuilds(aws, place);
      for (const id of underway.filter((each) => !asked.has(each))) {
        await client.send(new StopBuildCommand({ id })).catch((error: unknown) => {
          if (!(error instanceof ResourceNotFoundException)) throw error;
        });
        asked.add(id);
        out.step(`stopped the build ${id}`);
      }
      return underway.length === 0 ? true : undefined;
    },
  });
}

/** A project's builds, newest first, as far back as one may still run. */
async function recentBuilds(aws: Aws, projectName: string): Promise<Build[]> {
  const { BatchGetBuildsCommand, paginateListBuildsForProject } = await import('@aws-sdk/client-codebuild');
  const client = await aws.codeBuild();
  const found: Build[] = [];
  for await (const { ids = [] } of paginateListBuildsForProject({ client }, { projectName, sortOrder: 'DESCENDING' })) {
    if (ids.length === 0) break;
    const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids }));
    found.push(...builds);
    const oldest = Math.min(...builds.map(({ startTime }) => startTime?.getTime() ?? Date.now()));
    if (oldest < Date.now() - longestMs) break;
  }
  return found;
}
