import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, VendhostError } from '../../errors.ts';

const changeSchema = z.strictObject({
  logicalId: z.string(),
  type: z.string(),
  action: z.enum(['create', 'update', 'delete']),
  replacement: z.enum(['yes', 'maybe']).optional(),
});

/** A stack when the plan was made: the state its change set starts from. */
const beforeSchema = z.strictObject({
  id: z.string(),
  status: z.string(),
  /** When it was last updated, or else created; ISO 8601. */
  updatedAt: z.string(),
  template: z.record(z.string(), z.unknown()),
  parameters: z.record(z.string(), z.string()),
});

const stackSchema = z.strictObject({
  stack: z.string(),
  /** ARN of the change set; `null` when the stack needs no change. */
  changeSet: z.string().nullable(),
  action: z.enum(['create', 'update', 'none']),
  changes: z.array(changeSchema),
  /** Whether the stack is to be protected against deletion: change sets do not cover that. */
  terminationProtection: z.boolean(),
  /** `null`: there was no stack. */
  before: beforeSchema.nullable(),
});

const planSchema = z.strictObject({
  version: z.literal(1),
  environment: z.string(),
  account: z.string(),
  region: z.string(),
  /** The commit the plan was made from, or a text that says where it came from. */
  commit: z.string(),
  createdAt: z.string(),
  stacks: z.array(stackSchema),
});

export type SavedStack = Readonly<z.infer<typeof stackSchema>>;
export type SavedPlan = Readonly<z.infer<typeof planSchema>>;

/** Where a plan belongs: it is executed nowhere else. */
export type PlanPlace = Pick<SavedPlan, 'environment' | 'account' | 'region'>;

/**
 * Writes a plan. It holds templates and parameters, which anyone who may read the stacks can see; neither contains
 * secrets (database passwords are in Secrets Manager), so the file needs no special protection.
 */
export async function writePlanFile(file: string, plan: SavedPlan): Promise<void> {
  await writeFile(file, `${JSON.stringify(planSchema.parse(plan), undefined, 2)}\n`);
}

/** Reads a plan; throws `PLAN_FILE_INVALID` when the file is not a plan, or one of another version or place. */
export async function readPlanFile(file: string, place?: PlanPlace): Promise<SavedPlan> {
  const value = await readJson(file);
  const version = (value as { version?: unknown } | null)?.version;
  if (version !== undefined && version !== 1) {
    throw invalid(file, `it has version ${JSON.stringify(version)}, this command reads version 1`);
  }
  const parsed = planSchema.safeParse(value);
  if (!parsed.success) {
    const details = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
    throw invalid(file, 'it is not a plan', { details });
  }
  if (place !== undefined) checkPlace(file, parsed.data, place);
  return parsed.data;
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw invalid(file, messageOf(cause), { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(file, 'it is not JSON', { details: [messageOf(cause)], cause });
  }
}

function checkPlace(file: string, plan: SavedPlan, place: PlanPlace): void {
  const other = (['environment', 'account', 'region'] as const).filter((part) => plan[part] !== place[part]);
  if (other.length === 0) return;
  throw invalid(file, 'it was made for another environment, account or region', {
    details: other.map((part) => `${part}: the plan says ${plan[part]}, this is ${place[part]}`),
  });
}

function invalid(file: string, why: string, parts: { details?: string[]; cause?: unknown } = {}): VendhostError {
  return new VendhostError('PLAN_FILE_INVALID', `cannot use the plan ${file}: ${why}`, {
    hint: 'make a new plan with this version of the command, for this environment (in a pipeline: start a new one)',
    ...parts,
  });
}
