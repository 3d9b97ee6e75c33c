import { repository, script } from '../../builders/repository.ts';

/** A tenant's repository, without a database, whose software answers the load balancer. */
export async function tenantRepository(): Promise<string> {
  return await repository({
    'vendhost.yml':
      'instances: { min: 1, max: 2 }\nhealth_check: { path: /index.html, grace_seconds: 60 }\ndatabase: none\n',
    'infrastructure/install.sh': script,
    'software/index.html': 'open\n',
    'software/appspec.yml': appspec,
    'software/start.sh': start,
  });
}

const appspec = `version: 0.0
os: linux
files:
  - source: index.html
    destination: /opt/kiosk
hooks:
  ApplicationStart:
    - location: start.sh
      timeout: 30
`;

const start = `#!/bin/bash
start-stop-daemon --start --background --make-pidfile --pidfile /run/kiosk.pid --oknodo --exec /usr/bin/python3 -- \\
  -m http.server 8080 --bind "$(hostname -i)" --directory /opt/kiosk
`;
