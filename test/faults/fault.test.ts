import { describe, expect, test } from 'vitest';
import type { WireAnswer, WireCall } from '../scripts/wire.ts';
import { disturbing, faultFor } from './fault.ts';
import { isWrite, nameOf } from './writes.ts';

const call = (service: string, operation: string): WireCall => ({
  ...{ service, operation, region: 'eu-west-1', accessKey: '', body: '' },
});

describe('which calls are disturbed', () => {
  test('a fifth finds AWS busy, and a twentieth each is reset, late, and done without an answer', () => {
    const counts: Record<string, number> = {};
    for (let at = 0; at < 10_000; at += 1) {
      const fault = faultFor(`call ${at}`) ?? 'none';
      counts[fault] = Math.round((counts[fault] ?? 0) + 1);
    }
    expect(Math.round((counts.busy ?? 0) / 500)).toBe(4);
    for (const fault of ['reset', 'late', 'lost']) expect(Math.round((counts[fault] ?? 0) / 250)).toBe(2);
  });

  test('depends on the seed, the operation and its count, and on nothing else', async () => {
    const faults = async (seed: string) => {
      const found: string[] = [];
      const meddle = disturbing(seed, (fault, name) => found.push(`${name}: ${fault}`));
      const next = async (): Promise<WireAnswer> => ({ status: 200, body: '' });
      const busyOnly = call('ec2', 'DescribeImages');
      await Promise.all(Array.from({ length: 40 }, () => meddle(busyOnly, next)));
      return found.sort();
    };
    const first = await faults('one');
    expect(first.length).toBeGreaterThan(0);
    expect(await faults('one')).toEqual(first);
    expect(await faults('two')).not.toEqual(first);
  });
});

describe('a writing call', () => {
  test.each<[string, boolean]>([
    ['CreateStack', true],
    ['GetCallerIdentity', false],
    ['DescribeStacks', false],
    ['DetectStackDrift', false],
    ['TerminateInstances', true],
    ['PUT /bucket/claims/hosts/a.json?x-id=PutObject', true],
    ['GET /bucket/claims/hosts/a.json', false],
    ['HEAD /bucket/key', false],
    ['DELETE /bucket/key', true],
    ['POST /api/v4/projects/1/issues', true],
    ['GET /api/v4/projects/1/issues', false],
  ])('%s: %s', (operation, expected) => {
    expect(isWrite(call('any', operation))).toBe(expected);
  });

  test.each<[string, string]>([
    ['CreateStack', 'CreateStack'],
    ['PUT /vendhost-dev-1-eu/claims/hosts/a.json?x-id=PutObject', 'PUT claims/hosts/a.json'],
    [`PUT /bucket/software/shop/${'0a'.repeat(32)}.zip`, 'PUT software/shop/….zip'],
    ['POST /api/v4/projects/1/issues', 'POST 1/issues'],
  ])('%s is called %s', (operation, expected) => {
    expect(nameOf(call('any', operation))).toBe(expected);
  });
});
