import { beforeAll, expect, test, vi } from 'vitest';
import { type Commit, OrderedHost } from '../../host/order/ordered-host.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

// With the longest grace Auto Scaling takes no instance away meanwhile, however slow this machine is.
const config = `instances: { min: 2, max: 3 }
health_check: { grace_seconds: 7200 }
database: none
`;
const runtime = (name: string) => `test -e /opt/runtime-${name}`;
const first: Commit = { config, answers: { '/': 200 }, hook: [runtime('old')] };
const second: Commit = { config, answers: { '/': 200, '/next': 200 }, hook: [runtime('new')] };
const pipelineAt = (id: number) => ({
  CI_PIPELINE_URL: `https://gitlab.example.test/acme/kiosk/-/pipelines/${id}`,
  CI_PIPELINE_SOURCE: 'web',
});
let host: OrderedHost;
let oldImage: string;
let newImage: string;

beforeAll(async () => {
  host = await OrderedHost.make('100000000566');
  oldImage = await host.image('touch /opt/runtime-old');
  newImage = await host.image('touch /opt/runtime-old', 'touch /opt/runtime-new');
  await host.push(first, oldImage);
  await host.push(second, newImage);
});

test('a checkout with other changes to the virtual host, an image that stays on request, and a dry run', async () => {
  const dryRun = true;
  const other = { ...second, config: config.replace('max: 3', 'max: 4') };
  const image = async (commit: Commit, options = {}) => (await host.rollBack(commit, { dryRun, ...options })).image;
  expect(await image(second)).toEqual({ kind: 'back', from: newImage, to: oldImage });
  expect(await image(other)).toEqual({ kind: 'stays', image: newImage, why: expect.stringContaining('this checkout') });
  expect(await image(second, { keepImage: true })).toMatchObject({ kind: 'stays', image: newImage });
  expect((await host.parameters())?.ImageId).toBe(newImage);
});

test('the software is rolled back, then the image, and visitors notice nothing', async () => {
  host.pipeline = pipelineAt(8);
  const { asked, failed } = await host.probed(async () => {
    expect(await host.rollBack(second)).toMatchObject({ status: 'succeeded', imageId: oldImage });
  });
  expect([asked > 0, failed]).toEqual([true, []]);
  expect((await host.parameters())?.ImageId).toBe(oldImage);
});

test('the provision of the same pipeline keeps the image, and applies everything else', async () => {
  const kept = `this pipeline has brought the image ${oldImage}: it stays, in place of ${newImage}`;
  const wider = { ...second, config: config.replace('max: 3', 'max: 4') };
  const before = (await host.parameters())?.ProvisionKey ?? 'none';
  expect((await host.provision(wider, newImage)).join('\n')).toContain(kept);
  const parameters = await host.parameters();
  expect(parameters).toMatchObject({ ImageId: oldImage, ProvisionKey: expect.not.stringContaining(before) });
  expect((await host.provision(second, newImage)).join('\n')).toContain(kept);
  host.pipeline = pipelineAt(9);
});

test('the next pipeline of the branch restores its image and its software', async () => {
  await host.push(second, newImage);
  expect((await host.parameters())?.ImageId).toBe(newImage);
  expect((await host.rollBack(second, { dryRun: true })).image).toEqual({ kind: 'back', from: newImage, to: oldImage });
});

test('an image rolled out without a release is the one that the revision ran on last', async () => {
  const newer = await host.image('touch /opt/runtime-old', 'touch /opt/runtime-new', 'touch /opt/runtime-newer');
  await host.push(second, newer);
  await host.push(first, newer);
  expect((await host.rollBack(first, { dryRun: true })).image).toMatchObject({ kind: 'stays', image: newer });
});
