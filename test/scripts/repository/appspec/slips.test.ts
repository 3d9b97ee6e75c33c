import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { vendhostSchema } from '../../../../scripts/config/vendhost.ts';
import { shownFinding } from '../../../../scripts/repository/findings.ts';
import { checkSoftware } from '../../../../scripts/repository/tenant-repository.ts';
import { repository, script } from '../../../builders/repository.ts';

interface Slip {
  readonly slip: string;
  readonly appspec: string;
  readonly says: readonly string[];
}

const slips = parse(await readFile(join(import.meta.dirname, 'slips.yml'), 'utf8')) as Slip[];
const config = vendhostSchema.parse({});
const tree = { 'software/hooks/a.sh': script, 'software/hooks/b.sh': script, 'software/app/index.html': '' };

test.each(slips.map((one) => [one.slip, one] as const))('%s', async (_slip, { appspec, says }) => {
  const root = await repository({ ...tree, 'software/appspec.yml': appspec });
  const { findings } = await checkSoftware(root, config, { beforeBuild: true });
  const said = findings.map((one) => `${one.severity} ${shownFinding(one).replace('software/appspec.yml', '')}`);
  expect(said).toEqual(says);
  expect(said.filter((line) => line.startsWith('fault')).length).toBeLessThanOrEqual(1);
});
