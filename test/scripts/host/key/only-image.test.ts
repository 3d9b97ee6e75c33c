import { expect, test } from 'vitest';
import { requireOnlyImage } from '../../../../scripts/host/key/only-image.ts';
import { keyText, type ProvisionKey } from '../../../../scripts/host/key/provision-key.ts';

const place = { environment: 'dev', tenant: 'shop' };
const key: ProvisionKey = { configuration: 'c1', facts: 'f1', record: 'r1', image: 'ami-1', library: '0.1.0' };

test('a newer image alone is fine, and so is none', () => {
  expect(() => requireOnlyImage(place, keyText(key), { ...key, image: 'ami-2' })).not.toThrow();
  expect(() => requireOnlyImage(place, keyText(key), key)).not.toThrow();
});

test.each([
  ['vendhost.yml', keyText({ ...key, configuration: 'c0' }), 'vendhost.yml changed'],
  ['an upgrade', keyText({ ...key, library: '0.0.9' }), 'version of Vendhost changed: 0.0.9 → 0.1.0'],
  ['no host', undefined, 'it was provisioned by a version of Vendhost that kept no key'],
])('%s is more than the image', (_, deployed, detail) => {
  expect(() => requireOnlyImage(place, deployed, { ...key, image: 'ami-2' })).toThrow(
    expect.objectContaining({
      ...{ code: 'INFRASTRUCTURE_OUTDATED', message: 'more than the image of shop in dev would change' },
      details: expect.arrayContaining([detail]),
    }),
  );
});
