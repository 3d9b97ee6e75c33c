import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, expect, inject, test, vi } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { keys, names } from '../../../../scripts/config/names.ts';
import { listObjects } from '../../../../scripts/retention/revisions/read-standing.ts';
import { chooseRevision } from '../../../../scripts/revision/chosen/choose.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { recorder } from '../../../builders/recorder.ts';
import { platformFacts } from '../../../builders/sample.ts';
import { errorIn, vendhost } from '../../command-line.ts';
import { VirtualHost } from '../../release/virtual-host.ts';
import { ageing, ageingLists, justAfter, justBefore, type Meddler, refusing, wire } from '../../wire.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '100000000516';
const host = new VirtualHost(account, 'shop');
const { aws } = cloudAccount(account);
const { bucket } = platformFacts('dev', account);

const old = ageingLists(25 * 60);

async function prune(words: readonly string[], meddle?: Meddler) {
  const both: Meddler = (call, next) => old(call, async () => (meddle ? await meddle(call, next) : await next()));
  const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, both);
  const place = ['--tenant', 'shop', '--environment', 'dev', '--keep', '1', '--older-than', '0', '--json'];
  return await vendhost(['revision', 'prune', ...place, ...words], { env: { ...host.env, AWS_ENDPOINT_URL } });
}

const { signal } = new AbortController();
const chosen = (revision: string) => ({ bucket, revision });
/** Calls by which every object was written so many minutes ago. */
const later = async (minutes: number) =>
  openAws(recorder({ ...host.env, AWS_ENDPOINT_URL: await wire(inject('localCloud').endpoint, ageing(minutes)) }));
/** What the prune does that the other side waits for. */
const removeZip = async () => await (await aws.s3()).send(new DeleteObjectCommand({ Bucket: bucket, Key: pushed[0] }));

const objectsBelow = async (prefix: string) => (await listObjects(aws, bucket, prefix)).map(({ key }) => key);
const revisions = async () => (await objectsBelow(keys.revisions('shop'))).filter((key) => key.endsWith('.zip'));
const artifacts = () => objectsBelow(keys.artifacts(host.place));

let pushed: string[];

beforeAll(async () => {
  await host.make();
  pushed = [];
  for (const page of ['one', 'two', 'three']) pushed.push(await host.push(page));
  const [first = '', second = ''] = pushed;
  for (const revision of [first, second]) expect((await host.release(revision)).error).toBeUndefined();
});

test('what no release and no instance needs goes; a new instance and a rollback still get theirs', async () => {
  const [first = '', second = '', third = ''] = pushed;
  expect((await artifacts()).length).toBe(2);
  const planned = await prune(['--dry-run']);
  expect(planned.code, planned.stderr).toBe(2);
  const { remove, kept } = JSON.parse(planned.stdout) as {
    remove: string[];
    kept: { key: string; reasons: string[] }[];
  };
  expect(remove).toHaveLength(2);
  expect(remove).toContain(first);
  const reasons = new Map(kept.map((each) => [each.key, each.reasons.join('; ')]));
  expect(reasons.get(second)).toMatch(/^release \S+ is what the instances have/);
  expect(reasons.get(third)).toBe('it is among the newest 1');

  const refused = await prune([], refusing(/^DELETE /, 'InternalError', 'not now'));
  expect([refused.code, errorIn(refused)]).toEqual([1, 'PRUNE_INCOMPLETE']);
  expect(await revisions()).toEqual([...pushed].toSorted());
  const unread = await prune([], refusing('ListDeployments', 'InternalFailure', 'not now'));
  expect(unread.code).toBe(1);
  expect(await revisions()).toEqual([...pushed].toSorted());

  // A job chooses it between the prune's look and its deletion.
  const description = keys.pushOf(first);
  const choose = async () => expect(await chooseRevision(await later(13 * 60), chosen(first), signal)).toBe(true);
  const met = await prune([], justBefore(new RegExp(`^PUT .*${description}`), choose));
  expect(met.code, met.stderr).toBe(0);
  expect(met.stderr).toContain(`keeps ${first}: a job chose it meanwhile`);
  expect(await revisions()).toEqual([...pushed].toSorted());
  // A prune that has marked it and was killed keeps no release waiting, and one that goes on is waited for.
  expect(await prune([], refusing(/^DELETE /, 'InternalError', 'not now'))).toMatchObject({ code: 1 });
  await choose();
  expect(await prune([], refusing(/^DELETE /, 'InternalError', 'not now'))).toMatchObject({ code: 1 });
  const through = await wire(inject('localCloud').endpoint, justAfter(new RegExp(`^GET .*${description}`), removeZip));
  const waiting = openAws(recorder({ ...host.env, AWS_ENDPOINT_URL: through }));
  expect(await chooseRevision(waiting, chosen(first), signal)).toBe(true);
  expect(await revisions()).toEqual([second, third].toSorted());

  const pruned = await prune([]);
  expect(pruned.code, pruned.stderr).toBe(0);
  expect(await revisions()).toEqual([second, third].toSorted());
  expect(await objectsBelow(keys.revisions('shop')), 'who pushed it stays').toContain(keys.pushOf(first));
  const left = await artifacts();
  expect(left).toHaveLength(1);
  const deployed = await deployedKey();
  expect(left).toEqual([deployed]);
  expect((await prune([])).code).toBe(0);

  // The same content again, and back to it.
  expect(await host.push('one')).toBe(first);
  expect((await host.release(first)).error).toBeUndefined();
});

test('a revision that a job finds again counts as pushed now', async () => {
  const [, second = ''] = pushed;
  const metadata = new HeadObjectCommand({ Bucket: bucket, Key: keys.pushOf(second) });
  const before = await (await aws.s3()).send(metadata);
  await host.push('two', {}, { AWS_ENDPOINT_URL: await wire(inject('localCloud').endpoint, ageing(13 * 60)) });
  const after = await (await aws.s3()).send(metadata);
  expect(after.VersionId).not.toBe(before.VersionId);
  await host.push('two');
  expect((await (await aws.s3()).send(metadata)).VersionId, 'not twice').toBe(after.VersionId);
});

/** Key of what the deployment group gives a new instance. */
async function deployedKey(): Promise<string | undefined> {
  const { GetDeploymentGroupCommand } = await import('@aws-sdk/client-codedeploy');
  const name = names.host(host.place);
  const command = new GetDeploymentGroupCommand({ applicationName: name, deploymentGroupName: name });
  const { deploymentGroupInfo } = await (await aws.codeDeploy()).send(command);
  return deploymentGroupInfo?.targetRevision?.s3Location?.key;
}
