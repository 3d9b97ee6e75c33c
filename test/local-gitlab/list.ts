import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { projectRoot } from './platform.ts';
import { prepareWorkspace, type Workspace, type WorkspaceOptions } from './workspace.ts';

/** A job of a pipeline that GitLab would create. */
export interface ListedJob {
  readonly name: string;
  readonly stage: string;
  readonly when: string;
  readonly environment: string;
  /** Undefined when the job waits for its stage. */
  readonly needs: readonly string[] | undefined;
}

/** gitlab-ci-local on the project's own Node: it needs 22. */
export function runnerCommand(): [string, ...string[]] {
  return [join(projectRoot, 'node_modules/.bin/node'), join(projectRoot, 'node_modules/gitlab-ci-local/dist/index.js')];
}

/** The jobs that a pipeline for this event would have, without running it. */
export async function listJobs(options: WorkspaceOptions): Promise<ListedJob[]> {
  const workspace = await prepareWorkspace(options);
  const jobs = await listJobsIn(workspace);
  await rm(workspace.directory, { recursive: true });
  return jobs;
}

export async function listJobsIn(workspace: Workspace): Promise<ListedJob[]> {
  const output = await ask(workspace, '--list-csv');
  const lines = output.split('\n');
  const header = 'name;stage;when;allowFailure;environment;needs';
  return lines.slice(lines.indexOf(header) + 1).map((line) => {
    const [name = '', stage = '', when = '', , environment = '', needs = ''] = line.split(';');
    return {
      name,
      stage,
      when,
      environment,
      needs: needs === '' ? undefined : needs.slice(1, -1).split(',').filter(Boolean),
    };
  });
}

/** The whole configuration after includes, inputs and `extends`, as YAML. */
export async function previewPipeline(options: WorkspaceOptions): Promise<string> {
  const workspace = await prepareWorkspace(options);
  const text = await ask(workspace, '--preview');
  await rm(workspace.directory, { recursive: true });
  return text.slice(text.indexOf('---\n') + 4);
}

async function ask(workspace: Workspace, question: string): Promise<string> {
  const [command, ...first] = runnerCommand();
  const { checkout, env, args } = workspace;
  const { stdout, stderr, exitCode } = await execa(command, [...first, ...args, question], {
    cwd: checkout,
    env: { ...env },
    extendEnv: false,
    reject: false,
  });
  if (exitCode !== 0) throw new Error(`${stderr}\n${stdout}`.trim());
  return stdout;
}
