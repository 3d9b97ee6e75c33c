import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import type { PackerParts } from '../../../scripts/image/builder/builder.ts';
import { facts } from '../../builders/sample.ts';

export const parts: PackerParts & { readonly securityGroup: string } = {
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
  commit: 'c0ffee',
  aws: { region: 'eu-west-1', endpoint: undefined, isLocalCloud: false },
  scripts: [{ path: 'install.sh' }],
  securityGroup: 'sg-builder',
  host: '10.10.64.7',
  privateKey: '/tmp/stage/builder.pem',
  stage: '/tmp/stage/vendhost',
};
