/**
 * What libraries make as soon as they are loaded, and V8 cannot write into a snapshot: `Intl.Segmenter`, and the stream of stdout, of
 * which yargs asks the width. Loaded before them.
 */
const stdout = Object.getOwnPropertyDescriptor(process, 'stdout');
const { Segmenter } = Intl;

/** Makes the real one when it is used. */
class LazySegmenter {
  #made: Intl.Segmenter | undefined;

  segment(text: string): Intl.Segments {
    this.#made ??= new Segmenter();
    return this.#made.segment(text);
  }
}

Object.defineProperty(process, 'stdout', { configurable: true, value: {} });
Object.assign(Intl, { Segmenter: LazySegmenter });

/** When all is loaded. */
export function restore(): void {
  if (stdout !== undefined) Object.defineProperty(process, 'stdout', stdout);
  Object.assign(Intl, { Segmenter });
}
