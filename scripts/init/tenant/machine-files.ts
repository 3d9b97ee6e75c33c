import type { StartingFile } from '../starting-files.ts';

/** The machine of a first page, and the page: nginx serves the files of `software/site/`, and the revision's name. */
export function machineFiles(tenant: string): StartingFile[] {
  return [
    script('infrastructure/install.sh', install),
    { path: 'software/appspec.yml', text: appSpec(tenant) },
    { path: 'software/site/index.html', text: page(tenant) },
    script('software/hooks/clean.sh', clean(tenant)),
    script('software/hooks/configure.sh', configure(tenant)),
    script('software/hooks/start.sh', start),
    script('software/hooks/validate.sh', validate(tenant)),
  ];
}

function script(path: string, text: string): StartingFile {
  return { path, text: `#!/usr/bin/env bash\n${text}`, executable: true };
}

const install = `# What the machine needs: run once as root, on the machine that the image is made of.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get --quiet --quiet update
apt-get --quiet --quiet install --yes --no-install-recommends ca-certificates curl jq nginx-light

# Debian's own page would be on port 80; a hook configures ours.
rm --force /etc/nginx/sites-enabled/default
nginx -v
`;

const appSpec = (
  tenant: string,
) => `# What CodeDeploy copies to each instance, and the scripts it runs there, in this order.
# https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html
version: 0.0
os: linux
files:
  - source: site
    destination: /srv/${tenant}
# A file that is there already is replaced; without this line the release fails.
file_exists_behavior: OVERWRITE
hooks:
  BeforeInstall:
    - location: hooks/clean.sh
      timeout: 60
  AfterInstall:
    - location: hooks/configure.sh
      timeout: 60
  ApplicationStart:
    - location: hooks/start.sh
      timeout: 60
  ValidateService:
    - location: hooks/validate.sh
      timeout: 120
`;

const page = (tenant: string) => `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>${tenant}</title>
  <h1>${tenant} is running</h1>
  <p>Change <code>software/site/index.html</code> and push.</p>
</html>
`;

const clean = (tenant: string) => `# Files that the last revision had and this one has not must not stay behind.
set -euo pipefail
rm --recursive --force /srv/${tenant}
`;

const configure = (
  tenant: string,
) => `# Has nginx serve the page on the port that the platform gives, at the instance's own address.
set -euo pipefail
port=$(jq --raw-output .port /etc/vendhost/host.json)
address=$(jq --raw-output '.ds.meta_data["local-ipv4"]' /run/cloud-init/instance-data.json)
cat > /etc/nginx/conf.d/${tenant}.conf <<END
server {
  listen $address:$port;
  root /srv/${tenant};
  location = /health {
    return 200;
  }
}
END
echo "$address:$port" > /srv/${tenant}.address
install --mode 0644 "$(dirname "$0")/../.vendhost-revision" /srv/${tenant}/revision.txt
`;

const start = `# \`service\` starts it by systemd where there is one.
set -euo pipefail
nginx -t
service nginx restart
`;

const validate = (
  tenant: string,
) => `# The release succeeds only when the page answers with the revision that was just installed.
set -euo pipefail
address=$(cat /srv/${tenant}.address)
curl --silent --show-error --fail --retry 30 --retry-delay 1 --retry-connrefused --max-time 60 "http://$address/health"
curl --silent --show-error --fail --max-time 10 "http://$address/revision.txt" |
  cmp - "$(dirname "$0")/../.vendhost-revision"
echo "the page answers at $address"
`;
