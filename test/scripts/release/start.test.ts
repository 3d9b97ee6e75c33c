import { describe, expect, test } from 'vitest';
import { pipelineOf } from '../../../scripts/release/pipeline.ts';
import { areSame } from '../../../scripts/release/release-state.ts';
import { revisionKey } from '../../../scripts/release/start.ts';

describe('revisionKey', () => {
  const hash = 'a'.repeat(64);
  const named = (revision: string | undefined) =>
    revisionKey({ tenant: 'shop', environment: 'dev', revision, dryRun: false });

  test("is one of the tenant's own", () => {
    expect(named(`software/shop/${hash}.zip`)).toBe(`software/shop/${hash}.zip`);
  });
  test.each([
    `software/cafe/${hash}.zip`,
    `software/shop/../cafe/${hash}.zip`,
    `software/shop/${hash}.json`,
    `software/shop/${hash}`,
    `x/software/shop/${hash}.zip`,
    'software/shop/.zip',
    `${hash}.zip`,
  ])('%s is refused', (revision) => {
    expect(() => named(revision)).toThrow(
      `"${revision}" is not a revision of shop: must be software/shop/<sha256>.zip`,
    );
  });
  test.each([undefined, ''])('%s says what to give', (revision) => {
    expect(() => named(revision)).toThrow('the revision is missing');
  });
});

describe('pipelineOf', () => {
  const type = (category: 'Source' | 'Deploy', provider: string) => ({
    category,
    owner: 'AWS' as const,
    provider,
    version: '1',
  });
  const source = { name: 'Get', actionTypeId: type('Source', 'S3') };
  const deploy = {
    name: 'Put',
    actionTypeId: type('Deploy', 'CodeDeploy'),
    configuration: { ApplicationName: 'app', DeploymentGroupName: 'group' },
  };
  const declared = (...actions: (typeof source | typeof deploy)[]) => ({
    name: 'p',
    roleArn: 'r',
    stages: actions.map((action) => ({ name: action.name, actions: [action] })),
  });

  test('finds the source action and the deployment target', () => {
    expect(pipelineOf('p', 'eu-west-1', declared(source, deploy))).toEqual({
      name: 'p',
      region: 'eu-west-1',
      source: 'Get',
      application: 'app',
      group: 'group',
    });
  });
  test.each([[declared(source)], [declared(deploy)], [undefined]])('refuses another pipeline', (pipeline) => {
    expect(() => pipelineOf('p', 'eu-west-1', pipeline)).toThrow(
      'the pipeline p has no S3 source or no CodeDeploy action',
    );
  });
});

describe('areSame', () => {
  const found = (key: string, status: 'Succeeded' | 'Failed' | 'InProgress' = 'Succeeded') => ({
    status,
    revision: { s3Location: { bucket: 'b', key, version: '1', eTag: 'e' } },
  });
  test('one artifact, none failed', () => {
    expect(areSame(['d-1', 'd-2'], [found('x'), found('x')])).toBe(true);
    expect(areSame(['d-1', 'd-2'], [found('x'), found('x', 'InProgress')])).toBe(true);
  });
  test.each([
    ['another artifact', [found('x'), found('y')]],
    ['a failed deployment', [found('x'), found('x', 'Failed')]],
    ['a deployment that is not found', [found('x')]],
    ['no location', [found('x'), { status: 'Succeeded' as const }]],
  ])('%s', (_name, deployments) => {
    expect(areSame(['d-1', 'd-2'], deployments)).toBe(false);
  });
});
