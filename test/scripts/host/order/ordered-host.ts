import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DescribeScalingActivitiesCommand, SetDesiredCapacityCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeTargetGroupsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { inject, vi } from 'vitest';
import { names } from '../../../../scripts/config/names.ts';
import { messageOf } from '../../../../scripts/errors.ts';
import type { HealthCheck } from '../../../../scripts/host/health/health-check.ts';
import { readTargetHealth, setHealthCheck } from '../../../../scripts/host/health/tenant-target-group.ts';
import { readGroup } from '../../../../scripts/host/instances/group.ts';
import { provisionBranch } from '../../../../scripts/release/rollback/provision-branch.ts';
import { rollBackRelease } from '../../../../scripts/release/rollback/roll-back.ts';
import { startRelease } from '../../../../scripts/release/start.ts';
import { pushRevision } from '../../../../scripts/revision/push.ts';
import { readStack } from '../../../../scripts/stack/stack-state.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { recorder } from '../../../builders/recorder.ts';
import { type Tree, writeTree } from '../../../builders/repository.ts';
import { admitTenant } from '../../../builders/tenant.ts';
import { ask } from '../../../e2e/ask.ts';
import { type Meddler, wire } from '../../wire.ts';

/** A commit: `vendhost.yml`, what the software answers to a path, and lines of its first hook. */
export interface Commit {
  readonly config: string;
  /** Path -> status; any other path is a 404. */
  readonly answers: Readonly<Record<string, number>>;
  readonly hook?: readonly string[];
}

const server = (answers: Commit['answers']) => `
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(${JSON.stringify(answers)}.get(self.path, 404))
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer((sys.argv[1], 8080), Handler).serve_forever()
`;

function tree({ config, answers, hook = [] }: Commit): Tree {
  return {
    'vendhost.yml': config,
    'software/server.py': server(answers),
    'software/appspec.yml': `version: 0.0
os: linux
files:
  - { source: server.py, destination: /opt/kiosk }
file_exists_behavior: OVERWRITE
hooks:
  BeforeInstall: [{ location: before.sh, timeout: 30 }]
  ApplicationStop: [{ location: stop.sh, timeout: 30 }]
  ApplicationStart: [{ location: start.sh, timeout: 30 }]
`,
    'software/before.sh': ['#!/bin/bash', 'set -e', ...hook, ''].join('\n'),
    'software/stop.sh': '#!/bin/bash\nstart-stop-daemon --stop --oknodo --retry 5 --pidfile /run/kiosk.pid\n',
    'software/start.sh': `#!/bin/bash
start-stop-daemon --start --background --make-pidfile --pidfile /run/kiosk.pid --exec /usr/bin/python3 -- \\
  /opt/kiosk/server.py "$(hostname -i)"
`,
  };
}

async function inCheckout(commit: Commit, work: (directory: string) => Promise<unknown>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-test-'));
  await writeTree(directory, tree(commit));
  await work(directory);
}

const nobody = async () => undefined;

/** A tenant's host that commits are pushed to, as its pipeline does: machine first, then software. */
export class OrderedHost {
  readonly platform: Platform;
  readonly place = { tenant: 'kiosk', environment: 'dev' } as const;
  readonly #host: string;
  /** Variables of the pipeline that provisions and rolls back; none outside of one. */
  pipeline: Readonly<Record<string, string>> = {};
  #visit: () => Promise<unknown> = nobody;

  private constructor(platform: Platform) {
    this.platform = platform;
    // Test files share the local cloud, and its router.
    this.#host = `kiosk-${platform.account}.dev.example.com`;
  }

  static async make(account: string): Promise<OrderedHost> {
    const platform = await makePlatform(cloudAccount(account), { network: true, balancers: 1 });
    const made = new OrderedHost(platform);
    await admitTenant(platform, made.place.tenant, { hosts: [made.#host] });
    return made;
  }

  #runtime() {
    return recorder({ ...this.platform.env, ...this.pipeline });
  }

  image(...install: string[]): Promise<string> {
    return makeImage(this.platform, this.place.tenant, { agent: true, install });
  }

  async provision(commit: Commit, image?: string): Promise<string[]> {
    const runtime = this.#runtime();
    await inCheckout(commit, (directory) =>
      provisionBranch(runtime, { ...this.place, directory, image, dryRun: false }),
    );
    return runtime.progress();
  }

  /** Releases the commit's software, while somebody meddles between two calls. */
  async release(commit: Commit, meddle?: Meddler): Promise<string[]> {
    const pushed = this.platform.runtime();
    await inCheckout(commit, (directory) => pushRevision(pushed, { ...this.place, directory, dryRun: false }));
    const { revisionKey: revision } = JSON.parse(pushed.printed());
    const address = meddle === undefined ? {} : { AWS_ENDPOINT_URL: await wire(this.platform.endpoint, meddle) };
    const runtime = recorder({ ...this.platform.env, ...address });
    await startRelease(runtime, { ...this.place, revision, dryRun: false });
    return runtime.progress();
  }

  /** Goes back from a checkout of this commit; what the command prints. */
  async rollBack(
    commit: Commit,
    options: { to?: string; keepImage?: boolean; dryRun?: boolean } = {},
  ): Promise<Record<string, unknown>> {
    const runtime = this.#runtime();
    const all = { to: undefined, reason: undefined, keepImage: false, dryRun: false, ...options };
    await inCheckout(commit, (directory) => rollBackRelease(runtime, { ...this.place, ...all, directory }));
    return JSON.parse(runtime.printed());
  }

  /** What a pipeline does; where visitors ask, one gets an answer after each step. */
  async push(commit: Commit, image?: string): Promise<void> {
    await this.provision(commit, image);
    await this.#visit();
    await this.release(commit);
    await this.#visit();
  }

  /** How often visitors asked in the meantime, every 0.2 s and after the steps of a push; and what they got other than 200, and why. */
  async probed(work: () => Promise<unknown>): Promise<{ asked: number; failed: string[] }> {
    const { router } = inject('localCloud');
    const done = new AbortController();
    const answers: Promise<string>[] = [];
    const visit = () => {
      const answer = ask(router.http, this.#host).then(
        ({ status, headers }) => (status === 200 ? '' : `${status} ${headers['x-vendhost-reason'] ?? ''}`),
        messageOf,
      );
      answers.push(answer);
      return answer;
    };
    this.#visit = visit;
    const probing = (async () => {
      while (!done.signal.aborted) {
        void visit();
        await wait(200, undefined, { signal: done.signal }).catch(() => undefined);
      }
    })();
    try {
      await work();
    } finally {
      this.#visit = nobody;
      done.abort();
      await probing;
    }
    const problems = await Promise.all(answers);
    return { asked: problems.length, failed: problems.filter((problem) => problem !== '') };
  }

  async #targetGroup() {
    const command = new DescribeTargetGroupsCommand({ Names: ['vendhost-dev-kiosk--8080-1'] });
    return (await (await this.platform.aws.elb()).send(command)).TargetGroups?.[0];
  }

  async healthCheck() {
    const { HealthCheckPath: path, Matcher } = (await this.#targetGroup()) ?? {};
    return { path, status: Matcher?.HttpCode };
  }

  /** As the release job sets it. */
  async setHealthCheck(check: HealthCheck): Promise<void> {
    await setHealthCheck(this.platform.aws, (await this.#targetGroup())?.TargetGroupArn ?? '', check);
  }

  /** Waits until the load balancer finds all targets so. */
  async everyTargetIs(state: 'healthy' | 'unhealthy'): Promise<void> {
    const arn = (await this.#targetGroup())?.TargetGroupArn ?? '';
    await vi.waitUntil(
      async () => {
        const health = await readTargetHealth(this.platform.aws, arn);
        const other = state === 'healthy' ? 'unhealthy' : 'healthy';
        return health[state].length > 0 && health[other].length === 0;
      },
      { interval: 100, timeout: 120_000 },
    );
  }

  group() {
    return readGroup(this.platform.aws, this.place);
  }

  async parameters() {
    return (await readStack(this.platform.aws, names.tenantStack(this.place, 'host')))?.parameters;
  }

  /** Reasons for which Auto Scaling gave up instances. */
  async failedLaunches(): Promise<(string | undefined)[]> {
    const command = new DescribeScalingActivitiesCommand({ AutoScalingGroupName: names.host(this.place) });
    const { Activities = [] } = await (await this.platform.aws.autoScaling()).send(command);
    return Activities.filter(({ Cause }) => Cause?.includes('launch hook failed')).map(({ Cause }) => Cause);
  }

  /** Scales out or in. */
  async scale(DesiredCapacity: number): Promise<void> {
    const command = new SetDesiredCapacityCommand({ AutoScalingGroupName: names.host(this.place), DesiredCapacity });
    await (await this.platform.aws.autoScaling()).send(command);
  }
}
