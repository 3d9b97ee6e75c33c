import type { FileHandle } from 'node:fs/promises';

const bufferedBytes = 4 * 1024 * 1024;

/** A file that is written from front to back, in few large writes. */
export class ZipFile {
  readonly #file: FileHandle;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #written = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Bytes appended so far. */
  get offset(): number {
    return this.#written + this.#pendingBytes;
  }

  async append(...parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      this.#pending.push(part);
      this.#pendingBytes += part.length;
    }
    if (this.#pendingBytes >= bufferedBytes) await this.flush();
  }

  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    await this.#file.write(bytes, 0, bytes.length, this.#written);
    this.#written += bytes.length;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** Replaces what was appended before. */
  async replace(offset: number, bytes: Buffer): Promise<void> {
    await this.flush();
    await this.#file.write(bytes, 0, bytes.length, offset);
  }
}
