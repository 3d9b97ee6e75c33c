import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ShellBlock, shellBlocks } from '../docs/shell-blocks.ts';
import type { PipelineResult } from '../local-gitlab/run.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { ask } from './ask.ts';
import { createReader, type Reader } from './reader.ts';
import { devAccount, startWorld, type World } from './world.ts';

const platform = 'operations/lanterns';
const tenant = 'acme/shop';

/** Somebody types every block of the pages but those not tried, in their order; after a push GitLab starts its pipeline. */
describe('the quick start', () => {
  let world: World;
  let reader: Reader;

  beforeAll(async () => {
    world = await startWorld();
    reader = await createReader(world, {
      projects: [platform, tenant],
      profiles: { dev: devAccount, staging: '222222222222', production: '333333333333' },
    });
  }, 180_000);
  afterAll(() => world?.stop());

  /** What the blocks printed that were typed so far. */
  const typed: { text: string; printed: string }[] = [];
  const printedBy = (command: string) =>
    typed.filter(({ text }) => text.includes(command)).map(({ printed }) => printed);
  const tried = (page: string) => shellBlocks(page).filter(({ notTried }) => notTried === undefined);

  async function type({ place, text }: ShellBlock): Promise<void> {
    typed.push({ text, printed: await reader.type({ place, text }) });
    // The page has the reader put in own values; this reader's GitLab is the local one.
    if (text.startsWith('GITLAB=')) await reader.type({ place, text: `GITLAB=${defaultGitlab}` });
  }

  test.each(tried('docs/quick-start.md'))('$place', type);

  test('three environments are healthy; status named the DNS records as soon as there were load balancers', () => {
    const [before = '', deployed = '', vended = '', ...others] = printedBy('vendhost platform status --all');
    expect(others).toEqual([]);
    expect(before).toMatch(/certificate: ISSUED for dev\.example\.com, \*\.dev\.example\.com\n/);
    expect(before).toMatch(/dev in account 111111111111, eu-west-1: not healthy/);
    for (const domain of ['dev.example.com', 'staging.example.com', 'example.com']) {
      const record = new RegExp(`^ +\\*\\.${domain} +CNAME +\\S+\\.elb\\.amazonaws\\.com +tenants' hosts$`, 'm');
      expect(before).not.toMatch(record);
      expect(deployed).toMatch(record);
    }
    expect(deployed).toContain('FILE_WITHOUT_RECORD');
    expect(vended.match(/^\w+ in account \d+, eu-west-1: healthy$/gm)).toHaveLength(3);
  });

  test("the pipeline of the platform's push has nothing to change", async () => {
    const pipeline = await world.owner.start({ tenantRepository: reader.repository(platform) });
    const result = await pipeline.result;
    expect(statuses(result), logs(result)).toEqual({
      ...{
        validate: 'success',
        'prepare-dev': 'success',
        'prepare-staging': 'success',
        'prepare-production': 'success',
      },
      ...{ 'deploy-dev': 'success', 'deploy-staging': 'manual', 'deploy-production': 'manual' },
      // The reader has vended the tenant by hand: it is as its file says.
      ...{ 'vend-dev': 'success', 'vend-staging': 'manual', 'vend-production': 'manual' },
    });
    expect(logOf(result, 'deploy-dev')).toMatch(/no change/i);
  });

  test.each(tried('docs/quick-start-tenant.md'))('$place', async (block) => {
    await type(block.text.startsWith('mkdir ') ? { ...block, text: `cd ~\n${block.text}` } : block);
  });

  test("the pipeline of the tenant's push makes a page on its host", async () => {
    const pipeline = await world.pushAgain({ tenantRepository: reader.repository(tenant) });
    const result = await pipeline.result;
    expect(statuses(result), logs(result)).toEqual({
      ...{ validate: 'success', bake: 'success', provision: 'success', package: 'success', release: 'success' },
    });
    const page = await ask(world.cloud.router.https, 'shop.dev.example.com');
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('<h1>shop is running</h1>')]);
    const { body: revision } = await ask(world.cloud.router.https, 'shop.dev.example.com', '/revision.txt');
    expect(revision.trim()).toMatch(/^[0-9a-f]{64}$/);
    expect(logOf(result, 'package')).toContain(revision.trim());
  });
});

function statuses(result: PipelineResult): Record<string, string> {
  return Object.fromEntries(result.jobs.map(({ name, status }) => [name, status]));
}

function logOf(result: PipelineResult, job: string): string {
  return result.jobs.find(({ name }) => name === job)?.log ?? '';
}

function logs(result: PipelineResult): string {
  return result.jobs.map(({ name, log }) => `── ${name}\n${log}`).join('\n');
}
