import { kioskSoftware } from '../../builders/kiosk-software.ts';
import { repository, script } from '../../builders/repository.ts';

/** A tenant's repository, without a database, whose software answers the load balancer. */
export async function tenantRepository(): Promise<string> {
  return await repository({
    'vendhost.yml':
      'instances: { min: 1, max: 2 }\nhealth_check: { path: /index.html, grace_seconds: 60 }\ndatabase: none\n',
    'infrastructure/install.sh': script,
    ...kioskSoftware,
  });
}
