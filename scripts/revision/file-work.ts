import { hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';
import { GrowingBytes } from './growing-bytes.ts';

/** Runs in worker threads, for a few files at a time: see deflate-thread.ts. */

/** zlib's own default, 6, saves some bytes and takes more time than that is worth: docs/decisions/0010. */
export const level = 3;

/** A file as it was when it was hashed. */
export interface KnownFile {
  readonly path: string;
  readonly from: string;
  /** SHA-256 of its bytes, in hex. */
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
}

export interface DeflateTask {
  readonly files: readonly KnownFile[];
  /** Memory for the result, used if it is large enough. */
  readonly memory: ArrayBuffer | undefined;
}

export interface Deflated {
  /** Starts with the compressed bytes of all files, one after the other. */
  readonly memory: ArrayBuffer;
  /** One for each file. */
  readonly parts: readonly { readonly crc: number; readonly length: number }[];
  /** The first file whose bytes are no longer those that were hashed; there is nothing else then. */
  readonly changed?: string;
}

/** Compresses files, unless one of them is no longer what was hashed. */
export function deflateFiles(files: readonly KnownFile[], memory?: ArrayBuffer): Deflated {
  const parts: { crc: number; length: number }[] = [];
  const compressed = new GrowingBytes(memory);
  // One byte more than the largest file, to detect a file that grew.
  const input = Buffer.allocUnsafeSlow(Math.max(...files.map(({ size }) => size)) + 1);
  for (const { from, path, sha256 } of files) {
    const bytes = readInto(input, from);
    if (bytes === undefined || hash('sha256', bytes) !== sha256) {
      return { memory: compressed.memory, parts: [], changed: path };
    }
    const deflated = deflateRawSync(bytes, { level, chunkSize: outputBytes(bytes.length) });
    parts.push({ crc: crc32(bytes), length: deflated.length });
    compressed.add(deflated);
  }
  return { memory: compressed.memory, parts };
}

/** How much memory zlib allocates at a time for its output: half is enough for text, and the rest is freed late. */
function outputBytes(input: number): number {
  return Math.min(16 * 1024, Math.max(1024, Math.ceil(input / 2)));
}

/** Whether an error of the file system says that a file, or a folder above it, no longer exists. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** The bytes of a file, as many as the memory holds; `undefined` when it is gone. */
function readInto(memory: Buffer, from: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(from, 'r');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  try {
    let length = 0;
    for (;;) {
      const read = readSync(file, memory, length, memory.length - length, null);
      length += read;
      if (read === 0) return memory.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}
