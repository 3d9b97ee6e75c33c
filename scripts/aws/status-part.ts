import type { Runtime } from '../runtime.ts';
import { refusalOf } from './refusal.ts';

/** A part of a view: what was read, or why it could not be. What is not known never counts as healthy. */
export type StatusPart<T> = { readonly value: T } | { readonly unknown: string };

/** Reads a part; a refusal by AWS or the network loses this part and no other. Throws faults of this program. */
export async function partOf<T>(runtime: Runtime, read: () => Promise<T>): Promise<StatusPart<T>> {
  try {
    return { value: await read() };
  } catch (thrown) {
    runtime.signal.throwIfAborted();
    const error = refusalOf(thrown, runtime);
    if (error === undefined) throw thrown;
    return { unknown: `${error.code}: ${error.message}` };
  }
}

/** The value of a part that was read. */
export function partValue<T>(part: StatusPart<T>): T | undefined {
  return 'value' in part ? part.value : undefined;
}

/** The part with its value converted for its reader. */
export function shownPart<T, S>(part: StatusPart<T>, show: (value: T) => S): StatusPart<S> {
  return 'value' in part ? { value: show(part.value) } : part;
}
