import { paces } from '../../../scripts/aws/poll.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import type { BuilderParts } from '../../../scripts/image/builder.ts';
import { facts } from '../../builders/sample.ts';

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
  scripts: [{ path: 'install.sh' }],
  securityGroup: 'sg-builder',
};
