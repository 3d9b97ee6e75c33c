import fc from 'fast-check';
import { type Fault, faults } from './memory-bucket.ts';

/** Faults of one writer, by the number of its call. */
export type PlannedFaults = ReadonlyMap<number, Fault>;

/** For each writer up to three faults among its first calls. */
export function plannedFaults(writers: number): fc.Arbitrary<PlannedFaults[]> {
  const one = fc.tuple(fc.nat({ max: 12 }), fc.constantFrom(...faults));
  const some = fc.array(one, { maxLength: 3 }).map((pairs) => new Map(pairs));
  return fc.array(some, { minLength: writers, maxLength: writers });
}
