import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { pythonWith } from '../local-cloud/python.ts';
import { cfnLintCall, readCfnLint } from './cfn-lint.ts';
import { checkovCall, readCheckov } from './checkov.ts';
import { lineOf, type Tool, type Verdict } from './findings.ts';
import { checkIam } from './iam/check.ts';
import { checkHandlers } from './iam/handlers.ts';
import { checkReadHandlers } from './iam/read-handlers.ts';
import { makeWorld } from './iam/world.ts';
import { parliamentCall, readParliament, writePolicies } from './parliament.ts';
import { readSkips, type Skip, sortFindings } from './skips.ts';
import { allTemplates, writeTemplates } from './templates.ts';

/**
 * `npm run check:cloud`: cfn-lint and checkov judge every template, parliament every policy; what stays as it is has a reason in
 * skips.yml. An IAM simulator is asked about attacks and about what commands need, and CloudFormation's registry about what it may
 * call for tenants' stacks; see iam/.
 */
const say = (line: string) => process.stderr.write(`${line}\n`);
const python = await pythonWith('requirements.txt', say, import.meta.dirname);
const skips = await readSkips(join(import.meta.dirname, 'skips.yml'));
const templates = await allTemplates();
const world = makeWorld();
const directory = await mkdtemp(join(tmpdir(), 'vendhost-judges-'));
try {
  await writeTemplates(directory, templates);
  const policies = await writePolicies(directory, world);
  const calls = [cfnLintCall(templates), checkovCall, parliamentCall].map(run);
  const [cfnLint = '', checkov = '', parliament = ''] = await Promise.all(calls);
  report('cfn-lint', readCfnLint(cfnLint, templates));
  report('checkov', readCheckov(checkov, templates));
  report('parliament', readParliament(parliament, policies));
} finally {
  await rm(directory, { recursive: true, force: true });
}

const iam = await checkIam(world);
console.log(iam.summary);
for (const line of iam.faults) console.log(`  ${line}`);
if (iam.faults.length > 0) process.exitCode = 1;

for (const check of [checkHandlers, checkReadHandlers]) {
  const handlers = await check(dirname(python), templates);
  console.log(handlers.summary);
  for (const line of handlers.faults) console.log(`  ${line}`);
  if (handlers.faults.length > 0) process.exitCode = 1;
}

interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

async function run({ program, args, env }: Call): Promise<string> {
  // The script's first line names the folder it was installed in before that was renamed: Python is called by path.
  const script = join(dirname(python), program);
  // Both would read settings of whoever runs them, from their home.
  const own = { ...env, HOME: directory };
  // Parliament ends with 1 when it has findings, and when it crashes.
  const options = { cwd: directory, env: own, timeout: 300_000, reject: program !== 'parliament' };
  const { stdout, stderr } = await execa(python, [script, ...args], options);
  if (stderr.includes('Traceback')) throw new Error(`${program} crashed: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}

function report(tool: Tool, { findings, seen }: Verdict): void {
  const { open, answered, stale } = sortFindings(
    findings,
    skips.filter((skip) => skip.tool === tool),
  );
  const skipped = findings.length - open.length;
  const reasons = `${skipped} skipped for ${answered.size} reasons`;
  console.log(`${tool}: ${seen}, ${reasons}, ${open.length} open`);
  for (const line of open.map(lineOf).sort()) console.log(`  ${line}`);
  for (const skip of stale) console.log(`  skips.yml: ${nameOf(skip)} answers no finding: take it out`);
  if (open.length + stale.length > 0) process.exitCode = 1;
}

function nameOf({ check, resource, template }: Skip): string {
  return `${check} of ${resource}${template === '*' ? '' : ` in ${template}`}`;
}
