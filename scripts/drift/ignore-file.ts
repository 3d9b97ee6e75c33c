import { z } from 'zod';
import { environments } from '../config/environment.ts';
import { checkIds } from './check-ids.ts';

/** An entry for everything would hide what nobody has thought of yet. */
function namesSomething(pattern: string): boolean {
  const general: readonly string[] = ['', ...environments, ...checkIds];
  return pattern.split('/').some((part) => !general.includes(part.replaceAll('*', '')));
}

const entry = z.strictObject({
  finding: z.string().min(1).refine(namesSomething, 'an id that names more than an environment and a check').meta({
    description:
      'Id of the finding, as `--json` has it: `dev/stacks/vendhost-dev-shop-host/Group`. A `*` stands for any text, but not for all of an environment or a check',
  }),
  property: z.string().min(1).optional().meta({
    description:
      'Only this property of it: `/MinSize`. A `*` stands for any text. Without it the finding is ignored whatever differs',
  }),
  reason: z.string().trim().min(10).meta({ description: 'Why it is right that this differs' }),
  until: z.iso.date('a date, like 2027-03-31').meta({
    description:
      'The last day on which it is ignored, in UTC. Later the check fails until the entry is gone or has a new date',
  }),
});

/** `drift-ignore.yml`: what `vendhost drift check` finds and nobody has to act on. */
export const driftIgnoreSchema = z.strictObject({
  ignore: z.array(entry).default([]).meta({ description: 'Findings that are not shown' }),
});

export type DriftIgnore = z.output<typeof driftIgnoreSchema>;
export type IgnoreEntry = DriftIgnore['ignore'][number];
