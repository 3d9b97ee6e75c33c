import { describe, expect, test } from 'vitest';
import { checkAppSpec } from '../../../../scripts/repository/appspec/check-appspec.ts';
import { collectFiles } from '../../../../scripts/repository/collect.ts';
import { onlyOf, shownFinding } from '../../../../scripts/repository/findings.ts';
import { repository } from '../../../builders/repository.ts';
import { type AgentCase, allCases, revisionOf } from './agent-cases.ts';
import { beyondACheckout, stricter } from './agent-differences.ts';

const tables = await allCases();

/** The faults that a job would end with. */
async function faultsOf(one: AgentCase): Promise<string[]> {
  const root = await repository(revisionOf(one));
  const { files, findings } = await collectFiles(root, 'software');
  const found = [...(await checkAppSpec(root, 'software', files, async () => false)), ...findings];
  return onlyOf(found, 'fault').map(shownFinding);
}

/** Whether a deployment gets past what the case is about. */
function isTaken({ agent }: AgentCase): boolean {
  const { result = 'ok', again } = agent.install ?? {};
  return agent.parse === 'ok' && agent.run?.code === undefined && result === 'ok' && (again?.result ?? 'ok') === 'ok';
}

const known = (rows: readonly { cases: readonly string[] }[]) => new Set(rows.flatMap(({ cases }) => cases));
const refusedByUs = known(stricter);
const unseen = known(beyondACheckout);

describe.each([...tables])('%s', (_file, cases) => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const faults = await faultsOf(one);
    if (!isTaken(one))
      expect(faults.length > 0 ? 'refused' : 'accepted').toBe(unseen.has(name) ? 'accepted' : 'refused');
    else if (refusedByUs.has(name)) expect(faults).not.toEqual([]);
    else expect(faults).toEqual([]);
  });
});

test('each difference names cases that there are', () => {
  const names = new Set([...tables.values()].flat().map(({ name }) => name));
  for (const { cases } of [...stricter, ...beyondACheckout]) {
    expect(cases.filter((name) => !names.has(name))).toEqual([]);
  }
});
