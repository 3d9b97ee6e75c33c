import { parseArgs } from 'node:util';
import type { Sigstore } from './signing.ts';
import { parseVersion } from './version.ts';

export const help = `Usage: npm run release -- cut VERSION | tag | notes FILE | publish  [options]

  cut VERSION   in a checkout: the changelog's Unreleased becomes the version, and all files say it. Review it, merge it,
                and push the tag cut/VERSION on it
  tag           in the pipeline of cut/VERSION, after the images: their SBOMs and provenance are uploaded, one manifest list
                is made of them, their provenance is signed, and the tag vVERSION is pushed, whose templates name the list by its
                digest
  notes FILE    in the pipeline of vVERSION: writes the text of the release
  publish       in the pipeline of vVERSION: npm package, release with its links, moving tags

Each looks at what there is, does what is missing, and says so: run it again after anything that went wrong.

  --dry-run          say what would be done, and do nothing
  --images DIR       where \`npm run image\` left its files [default: .cache/image]
  --arch ARCH        architecture that the release has; may be repeated [default: amd64 arm64]
  --remote ADDRESS   where tags are pushed to [default: CI_PROJECT_URL, with VENDHOST_RELEASE_TOKEN]
  --fulcio ADDRESS   a Sigstore of your own: who gives out certificates [default: the public one, for public projects
                     of gitlab.com]
  --rekor ADDRESS    and who keeps the log of what was signed; give both, to tag, notes and publish

Variables: CI_API_V4_URL, CI_CONFIG_PATH, CI_PROJECT_PATH, CI_PROJECT_URL, CI_PROJECT_VISIBILITY, CI_REGISTRY_IMAGE, CI_REGISTRY_USER,
CI_REGISTRY_PASSWORD as in a job, SIGSTORE_ID_TOKEN, and VENDHOST_RELEASE_TOKEN. What they are for: docs/releasing.md`;

export interface ReleaseOptions {
  readonly verb: 'cut' | 'tag' | 'notes' | 'publish';
  /** Version of `cut`, file of `notes`. */
  readonly operand: string;
  readonly dryRun: boolean;
  readonly images: string;
  readonly architectures: readonly string[];
  readonly remote: string | undefined;
  /** `undefined`: the public one. */
  readonly sigstore: Sigstore | undefined;
}

const verbs = ['cut', 'tag', 'notes', 'publish'] as const;
const operands: Partial<Record<(typeof verbs)[number], string>> = { cut: 'VERSION', notes: 'FILE' };

/** Options of the command line; `undefined` when help is wanted. Throws an error that names the wrong value. */
export function readReleaseOptions(words: readonly string[]): ReleaseOptions | undefined {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      'dry-run': { type: 'boolean', default: false },
      images: { type: 'string', default: '.cache/image' },
      arch: { type: 'string', multiple: true, default: ['amd64', 'arm64'] },
      remote: { type: 'string' },
      fulcio: { type: 'string' },
      rekor: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const [word = '', operand, ...rest] = positionals;
  const verb = verbs.find((each) => each === word);
  if (verb === undefined) throw new Error(`${word || 'nothing'} is wrong: it must be ${verbs.join(', ')}`);
  const wanted = operands[verb];
  if ((operand === undefined) !== (wanted === undefined) || rest.length > 0) {
    throw new Error(`${positionals.join(' ')} is wrong: it must be ${[verb, wanted ?? ''].join(' ').trim()}`);
  }
  if (verb === 'cut' && (operand?.startsWith('v') || parseVersion(operand ?? '') === undefined)) {
    throw new Error(`${operand} is no version: it must be like 1.2.3`);
  }
  return {
    verb,
    operand: operand ?? '',
    dryRun: values['dry-run'],
    images: values.images,
    architectures: values.arch,
    remote: values.remote,
    sigstore: readSigstore(values),
  };
}

function readSigstore({ fulcio, rekor }: Partial<Sigstore>): Sigstore | undefined {
  for (const [name, value] of Object.entries({ fulcio, rekor })) {
    if (value !== undefined && !/^https?:\/\/[^/]/.test(value))
      throw new Error(`--${name} ${value} is wrong: it must be an address, https://…`);
  }
  if (fulcio === undefined && rekor === undefined) return undefined;
  if (fulcio === undefined || rekor === undefined) throw new Error('--fulcio and --rekor must be given together');
  return { fulcio: fulcio.replace(/\/+$/, ''), rekor: rekor.replace(/\/+$/, '') };
}
