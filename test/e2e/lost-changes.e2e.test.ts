import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../local-gitlab/platform.ts';
import { GitlabProject } from '../local-gitlab/project.ts';
import type { PipelineOptions, PipelineResult } from '../local-gitlab/run.ts';
import { ageing, wire } from '../scripts/wire.ts';
import { images, imagesInService, leftovers } from './aws.ts';
import { startWorld, type World } from './world.ts';

const everyJob = ['validate', 'bake', 'provision', 'package', 'release'];
const clean = { builders: [], keyPairs: [], securityGroups: [] };

/** The software of examples/page, and the smallest host there is: what is shown here does not depend on its size. */
const vendhostYml = `instances: { type: t3.small, min: 1, max: 1 }
database: none
health_check: { path: /, grace_seconds: 60 }
deployment_config: CodeDeployDefault.AllAtOnce
`;

const example = join(projectRoot, 'examples/page/software');

let world: World;
let mirror: Mirror;

beforeAll(async () => {
  world = await startWorld();
  mirror = await openMirror();
  for (const words of [
    ['platform', 'deploy', '--environment', 'dev'],
    ['tenant', 'vend', 'shop', '--environment', 'dev', '--protect-branches', '--set-subject'],
  ]) {
    const { exitCode, all } = await world.operate(words);
    expect(exitCode, String(all)).toBe(0);
  }
});
afterAll(async () => {
  mirror?.stop();
  await world?.stop();
});

/** A change of the machine: its script asks a server that may be away, as for a package. */
const machine = (change: string, more = '') => ({
  'infrastructure/preInstall.sh': `#!/usr/bin/env bash\nset -eu\necho ${change}\ncurl -fsS ${mirror.url}\n${more}`,
});
const software = (change: string) => ({ 'software/notes.txt': `${change}\n`, 'software/appspec.yml': appspec });
let appspec = '';

async function push(files: Record<string, string>, message: string, options: Partial<PipelineOptions> = {}) {
  return await (await world.push(files, message, options)).result;
}

/** The pipeline ended well, and the instances are the machine of its commit: the image of its bake, of a key that is new. */
async function expectMachine(result: PipelineResult, before: string | undefined): Promise<string> {
  expect(statuses(result), logs(result)).toEqual(everyJob.map((job) => [job, 'success']));
  const [, imageId, key = ''] = /(ami-[0-9a-f]+) \(bake key (\w+)\)/.exec(logOf(result, 'bake')) ?? [];
  expect(await imagesInService(world)).toEqual([imageId]);
  expect(key).not.toBe(before);
  expect(await leftovers(world)).toEqual(clean);
  return key;
}

let key: string | undefined;

test('the first push failed, and a second brings software only', async () => {
  const files = ['index.html', 'appspec.yml', 'hooks/start.sh'];
  const texts = files.map(async (file) => [`software/${file}`, await readFile(join(example, file), 'utf8')] as const);
  const small = Object.fromEntries(await Promise.all(texts));
  appspec = small['software/appspec.yml'] ?? '';
  const install = { 'infrastructure/install.sh': '#!/bin/sh\necho installed\n' };
  await world.write({ ...small, ...install, 'vendhost.yml': vendhostYml }, 'A small host');
  mirror.isAway = true;
  const failed = await push(machine('one'), 'First push');
  expect(statuses(failed)).toContainEqual(['bake', 'failed']);
  mirror.isAway = false;
  key = await expectMachine(await push(software('one'), 'Software'), key);
});

test('a push whose validate failed, and a fix of the software', async () => {
  const broken = { ...machine('two'), 'software/appspec.yml': 'version: 0.0\nos: linux\nhooks: {\n' };
  const failed = await push(broken, 'A machine, and a mistake');
  expect(statuses(failed)).toContainEqual(['validate', 'failed']);
  key = await expectMachine(await push(software('two'), 'Fix the mistake'), key);
});

test('a push whose bake failed, and then software only', async () => {
  mirror.isAway = true;
  expect(statuses(await push(machine('three'), 'Another machine'))).toContainEqual(['bake', 'failed']);
  mirror.isAway = false;
  key = await expectMachine(await push(software('three'), 'Software'), key);
});

test.each(['docker', 'kubernetes'] as const)(
  'a bake that a push of software cancels, and that dies as under %s: its change comes, nothing is left',
  async (name) => {
    const project = new GitlabProject();
    const executor = { name, graceMs: 1000, processMs: 600, afterScript: false };
    const asked = mirror.hold();
    const older = await world.push(machine(`four ${name}`), 'A machine that takes long', { project, executor });
    await Promise.race([asked, older.result]);
    mirror.release();
    // Later than it is, so that nobody has to wait until the lease of the killed bake is over.
    const AWS_ENDPOINT_URL = await wire(world.cloud.endpoint, ageing(6));
    const runnerEnvironment = { ...world.runnerEnvironment, AWS_ENDPOINT_URL };
    const newer = await push(software(`four ${name}`), 'Software', { project, executor, runnerEnvironment });
    expect(statuses(await older.result)).toContainEqual(['bake', 'canceled']);
    expect(logOf(newer, 'bake')).toContain('which died, left: instance i-');
    key = await expectMachine(newer, key);
  },
);

test('a provision that is killed, and then software only', async () => {
  const following = Promise.withResolvers<void>();
  const AWS_ENDPOINT_URL = await wire(world.cloud.endpoint, async ({ operation, body }, next) => {
    if (operation !== 'DescribeInstanceRefreshes' || !body.includes('InstanceRefreshIds')) return await next();
    // It follows the refresh that it has started, and never learns of its end.
    following.resolve();
    return await Promise.withResolvers<never>().promise;
  });
  const killed = await world.push(machine('five'), 'The last machine', {
    executor: { name: 'kubernetes', graceMs: 0 },
    runnerEnvironment: { ...world.runnerEnvironment, AWS_ENDPOINT_URL },
  });
  await Promise.race([following.promise, killed.result]);
  await killed.cancel('provision');
  expect(statuses(await killed.result)).toContainEqual(['provision', 'canceled']);
  key = await expectMachine(await push(software('five'), 'Software'), key);
  expect(await images(world), 'one of each machine').toHaveLength(6);
});

interface Mirror {
  readonly url: string;
  isAway: boolean;
  /** Answers nobody until `release`; resolves when somebody waits for an answer. */
  hold(): Promise<void>;
  release(): void;
  stop(): void;
}

/** What a machine's script asks: it answers, or refuses, or takes its time. */
async function openMirror(): Promise<Mirror> {
  let held: PromiseWithResolvers<void> | undefined;
  const server = createServer((_request, response) => {
    if (held !== undefined) held.resolve();
    else response.writeHead(opened.isAway ? 503 : 200).end('lantern\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const opened: Mirror = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    isAway: false,
    hold() {
      held = Promise.withResolvers<void>();
      return held.promise;
    },
    release() {
      held = undefined;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return opened;
}

function statuses(result: PipelineResult): [string, string][] {
  return result.jobs.map(({ name, status }) => [name, status]);
}

function logOf(result: PipelineResult, job: string): string {
  return result.jobs.find(({ name }) => name === job)?.log ?? '';
}

function logs(result: PipelineResult): string {
  return result.jobs.map(({ name, log }) => `── ${name}\n${log}`).join('\n');
}
