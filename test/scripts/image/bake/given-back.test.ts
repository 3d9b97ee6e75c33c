import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bakeImage } from '../../../../scripts/image/bake/bake-image.ts';
import { bakeKeyTag } from '../../../../scripts/image/image-faults.ts';
import type { Recorder } from '../../../builders/recorder.ts';
import { repository, soundTenant } from '../../../builders/repository.ts';
import { facts, record, sampleAccount } from '../../../builders/sample.ts';
import { answering, xml } from '../../answering.ts';

const tags = (bakeKey: string) =>
  Object.entries({
    'vendhost:environment': 'dev',
    'vendhost:tenant': 'shop',
    'vendhost:layer': 'image',
    [bakeKeyTag]: bakeKey,
  }).map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`);

const images = (id: string, owner: string, tagSet = '') => `<DescribeImagesResponse><imagesSet><item>
  <imageId>${id}</imageId><imageOwnerId>${owner}</imageOwnerId><imageState>available</imageState>
  <rootDeviceName>/dev/xvda</rootDeviceName><tagSet>${tagSet}</tagSet></item></imagesSet></DescribeImagesResponse>`;

const inputs = { place: '', scripts: {}, base: {}, template: {}, sourceAmi: '', architecture: '', volumeGib: 8 };
const imageRecord = { imageId: 'ami-2', inputs: { ...inputs, encryptionKey: '', packer: '' } };

/** An account in which another job records its image just before this one takes the lease. */
async function justBaked({ mayDelete = true } = {}) {
  const objects = new Map<string, string>();
  let bakeKey = '';
  return await answering(({ operation, body }) => {
    const [, method, key = ''] = /^([A-Z]+) \/[^/?]+\/([^?]+)/.exec(operation) ?? [];
    if (method === 'PUT') {
      bakeKey = /(\w+)\.json$/.exec(key)?.[1] ?? '';
      objects.set(key, body);
      objects.set(`infrastructure/shop/${bakeKey}.json`, JSON.stringify(imageRecord));
      return '';
    }
    if (method === 'DELETE' && !mayDelete) throw new Error('no DELETE today');
    if (method === 'DELETE') return objects.delete(key) ? '' : undefined;
    if (method === 'GET') return objects.get(key);
    if (operation.startsWith('GET ')) return '<ListBucketResult/>';
    const Parameters = Object.entries(facts).map(([fact, value]) => ({
      Name: `/vendhost/dev/${fact}`,
      Value: String(value),
    }));
    if (operation === 'GetParametersByPath') return JSON.stringify({ Parameters });
    if (operation === 'GetParameter') return JSON.stringify({ Parameter: { Value: JSON.stringify(record) } });
    if (operation === 'GetCallerIdentity') return xml(operation, `<Account>${sampleAccount}</Account>`);
    if (operation !== 'DescribeImages') return undefined;
    return body.includes('ami-2') ? images('ami-2', sampleAccount, tags(bakeKey).join('')) : images('ami-1', '1');
  });
}

async function bake({ runtime }: { runtime: Recorder }): Promise<void> {
  const directory = await repository({ ...soundTenant, 'bin/packer': '#!/bin/sh\necho Packer v1.11.2\n' });
  await chmod(join(directory, 'bin/packer'), 0o755);
  const env = { ...runtime.env, PATH: `${join(directory, 'bin')}:/usr/bin:/bin` };
  await bakeImage({ ...runtime, env }, { tenant: 'shop', environment: 'dev', directory, dryRun: false });
}

test('an image that another job finished just before the lease is used, and the lease is given back', async () => {
  const { runtime, calls } = await justBaked();
  await bake({ runtime });
  expect(JSON.parse(runtime.printed())).toMatchObject({ imageId: 'ami-2', baked: false });
  const places = (method: string) =>
    calls.flatMap(({ operation }) =>
      operation.startsWith(`${method} `) ? operation.split('?')[0]?.split(' ')[1] : [],
    );
  expect(places('PUT')).toEqual([expect.stringContaining('/claims/bakes/shop/')]);
  expect(places('DELETE')).toEqual(places('PUT'));
});

test('a lease that cannot be given back changes nothing of what the bake came to', async () => {
  const { runtime } = await justBaked({ mayDelete: false });
  await bake({ runtime });
  expect(JSON.parse(runtime.printed())).toMatchObject({ imageId: 'ami-2', baked: false });
  expect(runtime.progress().join('\n')).toContain('cannot release the lease: Error: no DELETE today');
});
