import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CloudAccount, cloudAccount } from '../builders/account.ts';
import type { LocalCloudAddress } from '../local-cloud/start.ts';
import type { LocalGitlab } from '../local-gitlab/api.ts';
import type { Meddler } from '../scripts/wire.ts';

/** An account in which nothing was done yet, with folders for what runs against it. */
export interface World {
  readonly cloud: LocalCloudAddress;
  readonly account: CloudAccount;
  /** For repositories and logs. */
  readonly directory: string;
  /** TMPDIR of the command: what is in it at the end was left. */
  readonly temporary: string;
}

/** A command in a world that is ready for it. */
export interface Prepared {
  readonly words: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the command's calls of GitLab go. */
  readonly gitlab?: LocalGitlab;
  /** Between the command's calls and the cloud, in both of its runs. */
  readonly between?: Meddler;
  /** What else counts, besides the account and the temporary folder. */
  readonly things?: () => Promise<readonly string[]>;
  /** Things of which there may be more after a second run: what the command does each time that it is asked. */
  readonly repeats?: readonly string[];
}

/** A command that writes, and what has to be there before it. */
export interface Subject {
  /** As a table names it: `host provision, update`. */
  readonly name: string;
  readonly prepare: (world: World) => Promise<Prepared>;
}

/** Makes worlds of one cloud, in accounts that begin with these digits. */
export function worlds(cloud: LocalCloudAddress, digits: string): () => Promise<World> {
  let count = 0;
  return async () => {
    count += 1;
    const account = cloudAccount(`${digits}${String(count).padStart(12 - digits.length, '0')}`, cloud);
    // Packer's sockets are in it, and the path of a socket has 107 bytes at most (https://man7.org/linux/man-pages/man7/unix.7.html).
    const directory = await mkdtemp(join(tmpdir(), 'f-'));
    const temporary = join(directory, 't');
    await mkdir(temporary);
    return { cloud, account, directory, temporary };
  };
}
