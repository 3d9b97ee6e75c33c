import { globSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { environments } from '../../scripts/config/environment.ts';
import { allTemplates, writeTemplates } from './templates.ts';

const templates = await allTemplates();
const cdk = join(import.meta.dirname, '../../cdk');

/** How many resources of a type the templates of a class have, each number once. */
function counts(made: string, type: string): number[] {
  const all = templates
    .filter((each) => each.made === made)
    .map(({ template }) => Object.values(template.Resources).filter(({ Type }) => Type === type).length);
  return [...new Set(all)].sort((a, b) => a - b);
}

test('every class of stacks is judged', async () => {
  const sources = await Promise.all(globSync('**/*.ts', { cwd: cdk }).map((name) => readFile(join(cdk, name), 'utf8')));
  const classes = sources.flatMap((source) =>
    [...source.matchAll(/class (\w+) extends \w*Stack\b/g)].map(([, name]) => name),
  );
  const judged = new Set(templates.map(({ made }) => made));
  expect([...judged, 'VendhostStack'].sort()).toEqual(classes.sort());
});

test.each(environments)('every stack of %s is judged', (environment) => {
  const layers = [
    'network',
    'storage',
    'access',
    'balancer',
    'balancer-2',
    'shop-access',
    'shop-entry',
    'shop-data',
    'shop-host',
  ];
  const judged = new Set(templates.map(({ file }) => file.split('/')[1]));
  expect(layers.filter((layer) => !judged.has(`vendhost-${environment}-${layer}.json`))).toEqual([]);
});

test.each([
  ['NetworkStack', 'AWS::EC2::NatGateway', [1, 3]],
  ['NetworkStack', 'AWS::EC2::FlowLog', [0, 1]],
  ['EntryStack', 'AWS::SNS::Topic', [0, 1]],
  ['EntryStack', 'AWS::ElasticLoadBalancingV2::ListenerRule', [1, 2]],
  ['HostStack', 'AWS::EC2::SecurityGroupIngress', [0, 1]],
  ['HostStack', 'AWS::AutoScaling::ScalingPolicy', [0, 1]],
])('both answers to a choice are judged: %s with %s', (made, type, expected) => {
  expect(counts(made, type)).toEqual(expected);
});

test('the platform is judged without roles for its own project, with them, and where its jobs vend', () => {
  expect(counts('AccessStack', 'AWS::IAM::Role')).toEqual([1, 4, 5]);
});

test('each distinct template is judged once, and lands in a file of its own', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'judged-'));
  await writeTemplates(directory, templates);
  const files = globSync('**/*.json', { cwd: directory });
  const texts = await Promise.all(files.map((each) => readFile(join(directory, each), 'utf8')));
  expect(files.sort()).toEqual(templates.map(({ file }) => file).sort());
  expect(new Set(texts).size).toBe(texts.length);
});

/** Whatever has a fixed name: a rollback that kept it would block every further creation of its stack. */
test('no resource outlives the creation that failed to make its stack', () => {
  const kept = templates.flatMap(({ file, template }) =>
    Object.entries(template.Resources).flatMap(([id, { DeletionPolicy }]) =>
      DeletionPolicy === 'Retain' ? `${file}: ${id}` : [],
    ),
  );
  expect(kept).toEqual([]);
});
