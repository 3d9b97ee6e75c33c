import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { shownValue } from '../config/issues.ts';
import { revisionFile } from '../config/names.ts';
import type { Collected, RevisionFile } from './collect.ts';
import { type CheckFinding, counted } from './findings.ts';

/** What is checked of a revision's files: paths in the revision, `label` the name of their folder in findings. */
export interface Software extends Collected {
  readonly label: string;
}

/** Files that would arrive on an instance changed. */
export function checkFiles(directory: string, software: Software): CheckFinding[] {
  return [...nameFaults(software), ...unfetched(directory, software), ...copiedPrograms(software)];
}

/**
 * The CodeDeploy agent unpacks with Info-ZIP's `unzip`, which drops control characters and interprets `;1` at the end as a
 * version of VMS (unzip(1), options -^ and -V).
 */
const altered = /\p{Cc}|;\d*$/u;

function nameFaults({ files, label }: Software): CheckFinding[] {
  return files.flatMap(({ path }) => {
    if (path === revisionFile) {
      return [fault(label, path, 'is a file that Vendhost writes into each revision: must have another name')];
    }
    if (!path.split('/').some((name) => altered.test(name))) return [];
    const why =
      'unzip on the instance would change it: must have no control character and not end in ";" or ";" and digits';
    return [fault(label, path, `the name ${shownValue(path)} would not arrive: ${why}`)];
  });
}

function fault(label: string, path: string, message: string): CheckFinding {
  return { severity: 'fault', file: `${label}/${path}`, path: '', message };
}

/** What git left out of the checkout: the content of submodules and of files in Large File Storage. */
function unfetched(directory: string, { files, emptyFolders, label }: Software): CheckFinding[] {
  const submodules = new Set(submodulePaths(directory));
  const folder = label === '.' ? '' : `${label}/`;
  return [
    ...emptyFolders
      .filter((path) => submodules.has(`${folder}${path}`))
      .map((path) =>
        fault(
          label,
          path,
          'is a git submodule that was not fetched: set GIT_SUBMODULE_STRATEGY to recursive in the job',
        ),
      ),
    ...files
      .filter(isPointer)
      .map(({ path }) =>
        fault(
          label,
          path,
          'is a pointer of Git LFS, not the file: the job must fetch it (git lfs install; git lfs pull)',
        ),
      ),
  ];
}

/** Paths from the top of the repository (https://git-scm.com/docs/gitmodules). */
function submodulePaths(directory: string): string[] {
  const text = readIfThere(join(directory, '.gitmodules'));
  return [...text.matchAll(/^\s*path\s*=\s*"?(.*?)"?\s*$/gm)].map(([, path = '']) => path);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** A pointer starts so and is smaller than 1024 bytes (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md). */
const pointerStart = 'version https://git-lfs.github.com/spec/v1\n';

function isPointer({ from, size }: RevisionFile): boolean {
  // With an object ID and a size a pointer has at least 119 bytes.
  if (size < 119 || size >= 1024) return false;
  const start = Buffer.alloc(pointerStart.length);
  const file = openSync(from, 'r');
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  return start.toString('latin1') === pointerStart;
}

/** Links become copies, which breaks programs that look for files next to themselves, as those in `node_modules/.bin` do. */
function copiedPrograms({ files, label }: Software): CheckFinding[] {
  const [first, ...more] = files.filter(({ isLink, executable }) => isLink && executable);
  if (first === undefined) return [];
  const others = more.length === 0 ? '' : ` (and ${counted(more.length, 'more link')})`;
  const message = `is a link to a program, of which the revision gets a copy${others}: what it loads from beside itself is not there`;
  return [{ severity: 'warning', file: `${label}/${first.path}`, path: '', message }];
}
