import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { revisionFile } from '../../../scripts/config/names.ts';
import { collectFiles } from '../../../scripts/repository/collect.ts';
import { hashContent } from '../../../scripts/revision/hash.ts';
import { zipOf } from '../../../scripts/revision/zip.ts';
import { zip64 } from '../../../scripts/revision/zip64.ts';
import { repository } from '../../builders/repository.ts';

interface AnyFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

/** Names that a file system takes: https://man7.org/linux/man-pages/man7/path_resolution.7.html */
const name = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.constantFrom('a', 'A', 'b', 'a b', 'ü', '-', '~'),
  )
  .filter((each) => !/[/\0]/.test(each) && !['.', '..', '.git', revisionFile].includes(each));
const file: fc.Arbitrary<AnyFile> = fc.record({
  path: fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
  bytes: fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.nat(255), fc.nat(70_000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
  ),
  executable: fc.boolean(),
});
/** A path that another one needs as a folder cannot be a file too. */
const tree = fc
  .uniqueArray(file, { selector: ({ path }) => path, minLength: 1, maxLength: 8 })
  .map((all) => all.filter(({ path }) => !all.some((other) => other.path.startsWith(`${path}/`))));

async function packed(files: readonly AnyFile[], form = zipOf) {
  const root = await repository({});
  for (const { path, bytes, executable } of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), bytes);
    await chmod(join(root, path), executable ? 0o755 : 0o644);
  }
  const { signal } = new AbortController();
  const { files: collected } = await collectFiles(root, 'software');
  const revision = await hashContent(collected, signal);
  const target = join(await repository({}), 'revision.zip');
  await writeFile(target, form({ ...revision, signal }));
  return { sha256: revision.sha256, target };
}

/** What Python finds in zips: somebody else's code. */
const program = `import base64, json, sys, zipfile
def entries(path):
    z = zipfile.ZipFile(path)
    assert z.testzip() is None
    return [[i.filename, bool(i.external_attr >> 16 & 0o100), base64.b64encode(z.read(i)).decode()] for i in z.infolist()]
print(json.dumps([entries(path) for path in sys.argv[1:]]))`;

type Entry = readonly [path: string, executable: boolean, base64: string];

async function unpacked(targets: readonly string[]): Promise<Entry[][]> {
  const { stdout } = await execa('python3', ['-c', program, ...targets]);
  return JSON.parse(stdout) as Entry[][];
}

const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64');

const entriesOf = (files: readonly AnyFile[]) =>
  byPath(files.map(({ path, bytes, executable }): Entry => [path, executable, base64(bytes)]));
const byPath = (all: readonly Entry[]) => all.toSorted(([one], [other]) => (one < other ? -1 : 1));

test('any tree comes out of its zip as it went in, and nothing else does, in either form of zip', async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (files) => {
      const { sha256, target } = await packed(files);
      const expected = byPath([...entriesOf(files), [revisionFile, false, base64(`${sha256}\n`)]]);
      const found = await unpacked([target, (await packed(files, zip64)).target]);
      expect(found.map(byPath)).toEqual([expected, expected]);
    }),
    { numRuns: 15 },
  );
});

test('the zip and its name depend on the content alone, not on the order in which it was written', async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (files) => {
      const [one, other] = [await packed(files), await packed(files.toReversed())];
      expect(other.sha256).toBe(one.sha256);
      expect((await readFile(other.target)).equals(await readFile(one.target))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('trees that differ have different names', async () => {
  await fc.assert(
    fc.asyncProperty(tree, tree, async (one, other) => {
      const isSame = isDeepStrictEqual(entriesOf(one), entriesOf(other));
      expect((await packed(one)).sha256 === (await packed(other)).sha256).toBe(isSame);
    }),
    { numRuns: 30 },
  );
});
