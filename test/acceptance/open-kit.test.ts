import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Cancelled } from '../../scripts/errors.ts';
import { Output } from '../../scripts/output.ts';
import { type LocalGitlab, startLocalGitlab } from '../local-gitlab/api.ts';
import { xml } from '../scripts/answering.ts';
import { refusal, wire } from '../scripts/wire.ts';
import { runBranch } from './gitlab-project.ts';
import { checkMarker } from './marker.ts';
import { openKit } from './open-kit.ts';

const account = '100000000001';
const project = 'acme/shop';

/** The kit before a GitLab, and an account that has the marker of a run with another project, or none. */
async function opened(gitlab: LocalGitlab, marker?: { project: string }) {
  const endpoint = await wire(undefined, async (call) => {
    if (call.operation === 'GetCallerIdentity') {
      return { status: 200, body: xml('GetCallerIdentity', `<Arn>a</Arn><Account>${account}</Account>`) };
    }
    if (call.operation === 'GetParameter' && marker !== undefined) {
      return {
        status: 200,
        body: JSON.stringify({ Parameter: { Value: JSON.stringify({ since: 'then', ...marker }) } }),
      };
    }
    return refusal(call, 'ParameterNotFound');
  });
  const [running, removing] = [new AbortController(), new AbortController()];
  const settings = {
    ...{ account, region: 'eu-west-1', domain: 'accept.example.com', gitlab: 'https://gitlab.example.com', project },
    certificate: `arn:aws:acm:eu-west-1:${account}:certificate/1`,
  };
  const env = {
    ...Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [`VENDHOST_ACCEPTANCE_${key.toUpperCase()}`, value]),
    ),
    ...{ AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: 'a secret key' },
    ...{ VENDHOST_LOCAL_CLOUD: '1', CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token },
  };
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-kit-'));
  const out = new Output({ stdout: () => undefined, stderr: () => undefined });
  const runtime = { env, cwd: directory, out, signal: running.signal };
  const file = join(directory, 'acceptance.yml');
  const parts = await openKit(runtime, () => undefined, { file, directory, removing: removing.signal });
  return { parts, running };
}

async function startGitlab(): Promise<LocalGitlab> {
  return await startLocalGitlab({ projects: [project] });
}

test('a run that is stopped cancels its pipeline and waits for its end', async () => {
  const gitlab = await startGitlab();
  const { parts, running } = await opened(gitlab);
  const stopped: string[] = [];
  gitlab.state.pipelines.serve(gitlab.state.project(project)?.id ?? 0, {
    commitOf: async () => 'c0ffee',
    start: async ({ signal, branch }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      signal?.addEventListener('abort', () => resolve());
      const end = {
        status: 'canceled',
        pipelineId: '1',
        commit: 'c0ffee',
        durationMs: 1,
        jobs: [],
        checkout: '',
      } as const;
      const result = promise.then(() => stopped.push(branch)).then(() => end);
      return { cancel: async () => undefined, started: async () => undefined, result };
    },
  });
  const watch = {
    signal: running.signal,
    onLine: () => running.abort(new Cancelled('SIGINT')),
    onJob: () => undefined,
  };
  await expect(runBranch(parts.kit, 'dev', { watch, limitMs: 60_000 })).rejects.toBeInstanceOf(Cancelled);
  expect(stopped).toEqual(['dev']);
  await gitlab.stop();
});

test('only what a run with this project left is removed', async () => {
  const gitlab = await startGitlab();
  const ours = await opened(gitlab, { project });
  await expect(checkMarker(ours.parts)).resolves.toBeUndefined();
  const others = await opened(gitlab, { project: 'acme/webshop' });
  await expect(checkMarker(others.parts)).rejects.toThrow(
    `the kit ran in ${account}, eu-west-1 with acme/webshop, not with acme/shop`,
  );
  const nobodys = await opened(gitlab);
  await expect(checkMarker(nobodys.parts)).rejects.toThrow('the kit has not run in');
  await gitlab.stop();
});
