import { expect, test } from 'vitest';
import { includeText } from '../../../scripts/init/include-text.ts';

test('an image is named in small letters, a component as its project is', () => {
  const parts = { library: 'Platform/Web.Hosts/Vendhost', template: 'tenant', version: '1.2.3', tags: [], inputs: [] };
  expect(includeText(parts)).toBe(`  - component: $CI_SERVER_FQDN/Platform/Web.Hosts/Vendhost/tenant@v1.2.3
    inputs:
      image: $CI_REGISTRY/platform/web.hosts/vendhost`);
});
