import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { openAws } from '../../../scripts/aws/session.ts';
import { checkSize, templateBody, templateLimitBytes, withAssembly } from '../../../scripts/stack/assembly.ts';
import { recorder } from '../../builders/recorder.ts';
import { parameterApp } from './app.ts';

describe('withAssembly', () => {
  // The CDK takes seconds to load on a busy machine.
  test.each([
    ['done', async () => 'done'],
    ['failed', () => Promise.reject(new Error('no'))],
  ])(
    'leaves no file when the work is %s',
    async (_how, work) => {
      const directory = await mkdtemp(join(tmpdir(), 'assembly-'));
      vi.stubEnv('TMPDIR', directory);
      try {
        const runtime = recorder({ AWS_ACCESS_KEY_ID: '100000000009', AWS_SECRET_ACCESS_KEY: 'of-nobody' });
        const aws = openAws(runtime, { region: 'eu-west-1' });
        const seen: string[] = [];
        await withAssembly(runtime, aws, parameterApp('100000000009', { one: { A: 'a' } }), async ({ templates }) => {
          seen.push(...templates.keys());
          return await work();
        }).catch(() => undefined);
        expect(seen).toEqual(['one']);
        expect(await readdir(directory)).toEqual([]);
      } finally {
        vi.unstubAllEnvs();
      }
    },
    60_000,
  );
});

test('withAssembly refuses a template that is too large before any work', async () => {
  const runtime = recorder({ AWS_ACCESS_KEY_ID: '100000000009', AWS_SECRET_ACCESS_KEY: 'of-nobody' });
  const aws = openAws(runtime, { region: 'eu-west-1' });
  const app = parameterApp('100000000009', { small: { A: 'a' }, large: { A: 'x'.repeat(templateLimitBytes) } });
  const work = vi.fn(async () => undefined);
  await expect(withAssembly(runtime, aws, app, work)).rejects.toMatchObject({ code: 'TEMPLATE_TOO_LARGE' });
  expect(work).not.toHaveBeenCalled();
}, 60_000);

const template = (bytes: number) => ({
  Resources: { A: { Type: 'AWS::SSM::Parameter', Properties: { Value: 'x'.repeat(bytes) } } },
});

describe('checkSize', () => {
  test('a template that fits', () => {
    expect(() => checkSize('small', template(templateLimitBytes - 500))).not.toThrow();
  });

  test('a template that does not', () => {
    expect(() => checkSize('big', template(templateLimitBytes))).toThrow(
      expect.objectContaining({
        code: 'TEMPLATE_TOO_LARGE',
        message: expect.stringContaining('the template of big has'),
      }),
    );
  });
});

test('templateBody is ASCII, so that CloudFormation gives back what it got', async () => {
  const { mangleLikeCloudFormation } = await import('@aws-cdk/cloudformation-diff');
  const page = 'Zur\u00fcck um 12\u202fUhr \u{1f6e0}\ufe0f "\\u00e4"';
  const text = { Resources: { Rule: { Type: 'AWS::ElasticLoadBalancingV2::ListenerRule', Properties: { page } } } };
  const body = templateBody(text);
  expect(mangleLikeCloudFormation(body)).toBe(body);
  // CloudFormation reads it as JSON, plans as YAML.
  expect([JSON.parse(body), parse(body)]).toEqual([text, text]);
});
