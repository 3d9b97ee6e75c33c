/**
 * What libraries take at load time, but V8 cannot write into a snapshot, or a thread then cannot load: `Intl.Segmenter`,
 * `crypto`, and the stream of stdout, of which yargs reads the width. Loaded before them; `restore` is called when everything is loaded.
 */
const { Segmenter } = Intl;
const real = {
  crypto: Object.getOwnPropertyDescriptor(globalThis, 'crypto') ?? {},
  stdout: Object.getOwnPropertyDescriptor(process, 'stdout') ?? {},
};

/** Creates the real one when it is used. */
class LateSegmenter {
  #made: Intl.Segmenter | undefined;

  segment(text: string): Intl.Segments {
    this.#made ??= new Segmenter();
    return this.#made.segment(text);
  }
}

const lateCrypto = { randomUUID: () => globalThis.crypto.randomUUID() };

Object.assign(Intl, { Segmenter: LateSegmenter });
Object.defineProperty(globalThis, 'crypto', { configurable: true, value: lateCrypto });
Object.defineProperty(process, 'stdout', { configurable: true, value: {} });

export function restore(): void {
  Object.assign(Intl, { Segmenter });
  Object.defineProperty(globalThis, 'crypto', real.crypto);
  Object.defineProperty(process, 'stdout', real.stdout);
}
