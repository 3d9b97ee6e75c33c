import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the image says of the processes in it; its environment is what the Dockerfile's ENV has. */
export interface ContainerImage {
  /** Its files, mounted. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** `UID:GID` of its USER. */
  readonly user: string;
}

/** What the harness sets for a shell on this machine, and no container runtime would. */
const harness = ['CDK_HOME', 'GIT_CONFIG_COUNT', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_NOSYSTEM'];

/**
 * Writes a folder for `PipelineOptions.path` whose `bash` runs jobs in a container of the image, as GitLab's docker executor
 * would: a fresh copy of its files for each script, its own PATH and home, not root, the checkout where it is on the
 * runner. The network is this machine's, and so are process ids: cancelling finds the job's processes. Only root can make it.
 *
 * - The checkout is the runner's and open to all, as with the executor (https://docs.gitlab.com/runner/configuration/feature-flags/,
 *   FF_DISABLE_UMASK_FOR_DOCKER_EXECUTOR).
 * - gitlab-ci-local runs more with `bash` than jobs; only those have BASH_ENV and a name.
 */
export async function writeContainerShell(folder: string, { root, env, user }: ContainerImage): Promise<string> {
  const file = join(folder, 'bash');
  await mkdir(folder, { recursive: true });
  await writeFile(file, script(root, env, user));
  await chmod(file, 0o755);
  return folder;
}

function script(root: string, env: Readonly<Record<string, string>>, user: string): string {
  const exports = Object.entries(env).map(([name, value]) => `export ${name}='${value}'`);
  return `#!/bin/sh
if [ -z "\${CI_JOB_NAME:-}" ] || [ -z "\${BASH_ENV:-}" ]; then exec /bin/bash "$@"; fi
if [ "\${1:-}" != --inside ]; then exec unshare --mount --propagation private "$0" --inside "$@"; fi
shift
set -e
# The checkout is below the folder of its pipeline; the hook's file is in that.
pipeline=$(dirname "$BASH_ENV")
chmod a+rx "$pipeline"
chmod a+r "$BASH_ENV"
chmod -R a+rwX .gitlab-ci-local 2>/dev/null || true
here=$PWD
container=$pipeline/container-$$
mkdir "$container"
mount -t tmpfs none "$container"
mkdir "$container/upper" "$container/work" "$container/files"
mount -t overlay -o "lowerdir=${root},upperdir=$container/upper,workdir=$container/work" none "$container/files"
files=$container/files
mount --rbind /proc "$files/proc"
mount --rbind /dev "$files/dev"
mkdir -p "$files$pipeline"
mount --bind "$pipeline" "$files$pipeline"
for file in hosts resolv.conf; do
  touch "$files/etc/$file"
  mount --bind "/etc/$file" "$files/etc/$file"
done
unset ${harness.join(' ')}
${exports.join('\n')}
cd "$files"
# A shell of the image changes into the checkout: the folders above it are not open to the image's user on the runner.
exec chroot --userspec=${user} . /bin/sh -c 'cd "$0" && exec /bin/bash "$@"' "$here" "$@"
`;
}
