import { paces } from '../../../scripts/aws/poll.ts';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import type { BuilderParts } from '../../../scripts/image/builder.ts';

export const facts: PlatformFacts = {
  'vpc-id': 'vpc-1',
  'vpc-cidr': '10.0.0.0/16',
  'public-cidr': 'unused',
  'egress-cidr': 'unused',
  'isolated-cidr': 'unused',
  'public-subnet-ids': ['subnet-public-1', 'subnet-public-2'],
  'egress-subnet-ids': ['subnet-egress-1'],
  'isolated-subnet-ids': ['subnet-isolated-1'],
  'load-balancer-arn': 'lb',
  'load-balancer-dns': 'lb',
  'load-balancer-security-group-id': 'sg-1',
  'listener-arn': 'listener',
  bucket: 'bucket',
  'key-arn': 'arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555',
  'boundary-arn': 'boundary',
  'builder-instance-profile': 'vendhost-dev-builder',
  approval: false,
  domain: 'example.test',
};

export const parts: BuilderParts = {
  place: { environment: 'dev', tenant: 'shop' },
  facts,
  config: vendhostSchema.parse({}).image,
  source: {
    id: 'ami-0123456789abcdef0',
    name: 'debian-12',
    architecture: 'x86_64',
    rootDevice: '/dev/xvda',
    volumeGib: 8,
  },
  run: '0a1b2c3d',
  imageName: 'vendhost-dev-shop-0123456789ab-0a1b2c3d',
  bakeKey: '0123456789abcdef',
  commit: 'c0ffee',
  stage: '/tmp/stage/vendhost',
  aws: { region: 'eu-west-1', endpoint: undefined, isLocalCloud: false, pace: paces.aws },
  access: undefined,
};
