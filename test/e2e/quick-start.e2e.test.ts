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

  /** Types the blocks of a page; returns what each printed. */
  async function follow(page: string): Promise<{ block: ShellBlock; printed: string }[]> {
    const typed: { block: ShellBlock; printed: string }[] = [];
    for (const block of shellBlocks(page).filter(({ notTried }) => notTried === undefined)) {
      typed.push({ block, printed: await reader.type(block) });
      // The page has the reader put in own values; this reader's GitLab is the local one.
      if (block.text.startsWith('GITLAB=')) await reader.type({ place: page, text: `GITLAB=${defaultGitlab}` });
    }
    return typed;
  }

  const printedBy = (typed: Awaited<ReturnType<typeof follow>>, command: string) =>
    typed.filter(({ block }) => block.text.includes(command)).map(({ printed }) => printed);

  test('the platform: three environments, and a pipeline that deploys them from then on', async () => {
    const typed = await follow('docs/quick-start.md');
    const [before = '', deployed = '', vended = '', ...others] = printedBy(typed, 'vendhost platform status --all');
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
    });
    expect(logOf(result, 'deploy-dev')).toMatch(/no change/i);
  });

  test('the tenant: its first files become a page on its host', async () => {
    await reader.type({ place: 'between the pages', text: 'cd ~' });
    await follow('docs/quick-start-tenant.md');
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
