import { awsError } from '../aws/foreseen-errors.ts';
import type { Environment } from '../config/environment.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';

/** Why the work on an environment failed. */
export interface EnvironmentFault {
  readonly environment: Environment;
  readonly error: VendhostError;
}

export interface Each<T> {
  /** What the work returned, in the order of the environments. */
  readonly done: readonly T[];
  readonly faults: readonly EnvironmentFault[];
}

/**
 * Does the work for all environments in parallel; when it fails for one, the others are finished. Throws the signal's
 * reason when cancelled, and every unforeseen error.
 */
export async function forEach<S extends { readonly environment: Environment }, T>(
  runtime: Runtime,
  subjects: readonly S[],
  work: (subject: S) => Promise<T>,
): Promise<Each<T>> {
  const ended = await Promise.allSettled(subjects.map(work));
  const done: T[] = [];
  const faults: EnvironmentFault[] = [];
  for (const [index, end] of ended.entries()) {
    if (end.status === 'fulfilled') {
      done.push(end.value);
      continue;
    }
    runtime.signal.throwIfAborted();
    const error = awsError(end.reason, runtime.env) ?? end.reason;
    if (!(error instanceof VendhostError)) throw error;
    faults.push({ environment: (subjects[index] as S).environment, error });
  }
  return { done, faults };
}

/** Faults as a result shows them. */
export function failed(faults: readonly EnvironmentFault[]) {
  return faults.map(({ environment, error }) => ({ environment, code: error.code, message: error.message }));
}

/** The line of an environment that could not be read, where others are shown. */
export function unknownLine({ environment, error }: EnvironmentFault): string {
  return `${environment}: unknown: ${error.code}: ${error.message}`;
}

/** One error for several: a single fault as it is, more under one code with the lines of each. */
export function combined(faults: readonly EnvironmentFault[], code: string, message: string): VendhostError {
  const [first] = faults;
  if (first !== undefined && faults.length === 1) return first.error;
  return new VendhostError(code, `${message}: ${faults.map(({ environment }) => environment).join(', ')}`, {
    details: faults.flatMap(faultLines),
    hint: 'fix what is named above and run the same command again',
  });
}

function faultLines({ environment, error }: EnvironmentFault): string[] {
  return [
    `${environment}: error[${error.code}]: ${error.message}`,
    ...error.details.map((line) => `  ${line}`),
    `  hint: ${error.hint}`,
  ];
}
