import type { Tree } from './repository.ts';

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

/** Software without a database that answers the load balancer at `/index.html`. */
export const kioskSoftware: Tree = {
  'software/index.html': 'open\n',
  'software/appspec.yml': appspec,
  'software/start.sh': start,
};
