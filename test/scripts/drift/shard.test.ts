import { expect, test } from 'vitest';
import { isIn, shardFrom } from '../../../scripts/drift/shard.ts';

test('every name is in exactly one of the shards, whatever else there is', () => {
  const names = Array.from({ length: 500 }, (_, number) => `vendhost-dev-tenant${number}-host`);
  for (const of of [1, 2, 7]) {
    const shards = Array.from({ length: of }, (_, index) => shardFrom(`${index + 1}/${of}`));
    const parts = shards.map((shard) => names.filter((name) => isIn(shard, name)));
    expect(parts.flat().sort()).toEqual([...names].sort());
    for (const part of parts) expect(part.length).toBeGreaterThan(500 / of / 2);
  }
});

test.each(['0/1', '2/1', '1', '1/0', '-1/2', '1.5/2', '1/2/3', ' 1/2', '11111/22222'])('%j is refused', (text) => {
  expect(() => shardFrom(text)).toThrow(`--shard ${text} is wrong`);
});
