import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readPlanFile, type SavedPlan, writePlanFile } from '../../../../scripts/stack/change-sets/plan-file.ts';

const plan: SavedPlan = {
  version: 1,
  environment: 'dev',
  account: '111111111111',
  region: 'eu-west-1',
  commit: '0123abcd',
  createdAt: '2026-01-02T03:04:05.000Z',
  stacks: [
    {
      stack: 'one',
      changeSet: 'arn:aws:cloudformation:eu-west-1:111111111111:changeSet/a/b',
      action: 'update',
      changes: [{ logicalId: 'A', type: 'AWS::S3::Bucket', action: 'update', replacement: 'yes' }],
      terminationProtection: true,
      before: {
        id: 'arn:aws:cloudformation:eu-west-1:111111111111:stack/one/1',
        status: 'CREATE_COMPLETE',
        updatedAt: '2026-01-01T00:00:00.000Z',
        template: { Resources: { A: { Type: 'AWS::S3::Bucket' } } },
        parameters: { Size: 'small' },
      },
    },
    { stack: 'two', changeSet: null, action: 'none', changes: [], terminationProtection: false, before: null },
  ],
};

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plan-file-'));
});

async function written(text: string): Promise<string> {
  const file = join(directory, 'broken.json');
  await writeFile(file, text);
  return file;
}

describe('a plan file', () => {
  test('is read as it was written', async () => {
    const file = join(directory, 'plan.json');
    await writePlanFile(file, plan);
    expect(await readPlanFile(file)).toEqual(plan);
    expect(await readPlanFile(file, { environment: 'dev', account: '111111111111', region: 'eu-west-1' })).toEqual(
      plan,
    );
  });

  test.each([
    ['{', 'it is not JSON'],
    ['null', 'it is not a plan'],
    ['{"version": 2}', 'it has version 2, this command reads version 1'],
    [JSON.stringify({ ...plan, stacks: [{ stack: 'one' }] }), 'it is not a plan'],
    [JSON.stringify({ ...plan, more: 1 }), 'it is not a plan'],
  ])('%s is refused', async (text, why) => {
    const file = await written(text);
    await expect(readPlanFile(file)).rejects.toMatchObject({
      code: 'PLAN_FILE_INVALID',
      message: `cannot use the plan ${file}: ${why}`,
    });
  });

  test('the fault is named', async () => {
    const file = await written(JSON.stringify({ ...plan, account: 1 }));
    await expect(readPlanFile(file)).rejects.toMatchObject({ details: [expect.stringMatching(/^account: /)] });
  });

  test('one that is not there is refused', async () => {
    await expect(readPlanFile(join(directory, 'none.json'))).rejects.toMatchObject({ code: 'PLAN_FILE_INVALID' });
  });

  test('one of another place is refused, with what differs', async () => {
    const file = join(directory, 'plan.json');
    await writePlanFile(file, plan);
    await expect(
      readPlanFile(file, { environment: 'staging', account: '222222222222', region: 'eu-west-1' }),
    ).rejects.toMatchObject({
      code: 'PLAN_FILE_INVALID',
      details: [
        'environment: the plan says dev, this is staging',
        'account: the plan says 111111111111, this is 222222222222',
      ],
    });
  });
});
