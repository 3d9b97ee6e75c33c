import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { maintenanceAction, maintenanceState } from '../../../scripts/audit/maintenance.ts';
import { maintenanceSteps } from '../../../scripts/status/maintenance/maintenance-words.ts';
import { beginOf } from '../../../scripts/status/maintenance/read-maintenance.ts';
import { showMaintenance } from '../../../scripts/status/maintenance/show-maintenance.ts';
import { maintenanceChange } from '../../../scripts/tenant/traffic/record-maintenance.ts';
import { recorder } from '../../builders/recorder.ts';
import { repository } from '../../builders/repository.ts';
import { at, hoursAgo, place } from './host-snapshots.ts';

const record = (after: string, hours: number, user = 'ada', job = '') => {
  const by = { user, job, name: '', pipeline: '', project: '', ref: '' };
  const writtenAt = new Date(hoursAgo(hours)).toISOString();
  return { action: maintenanceAction, after, by, at: new Date(at).toISOString(), writtenAt };
};

test('maintenance began with the newest record of a page, whatever failed or ended since, by the clock of S3', () => {
  const records = [
    record('failed: no', 1),
    record('off', 2),
    record(maintenanceState('<p>'), 3),
    record('on: x', 4, 'bob'),
  ];
  expect(beginOf(records)).toEqual({ since: hoursAgo(3), by: 'ada' });
  expect(beginOf([record('on: x', 4, '', 'https://gitlab.example.test/1')])).toEqual({
    since: hoursAgo(4),
    job: 'https://gitlab.example.test/1',
  });
  expect(beginOf([record('off', 2), { ...record('on: x', 4), action: 'host run' }])).toEqual({});
});

test('the record of a vend names the hosts and the page', () => {
  const common = { action: 'host maintenance', target: 'a.example.com, b.example.com', reason: '' };
  const hosts = ['a.example.com', 'b.example.com'];
  expect(maintenanceChange(hosts, 'off')).toEqual({ ...common, before: 'off', after: 'on: off' });
  expect(maintenanceChange(hosts, undefined)).toEqual({ ...common, before: 'on', after: 'off' });
});

test.each(['<h1 class="a">Zurück: # um 9</h1>\n<p>{}</p>', "it's: \\ & *x", 'off'])(
  'the line for %j is YAML',
  (page) => {
    const [first = ''] = maintenanceSteps('on', place, page);
    expect(parse(first.slice(first.indexOf('maintenance: ')))).toEqual({ maintenance: { dev: page } });
  },
);

test.each([
  ['é'.repeat(513), 'has 1026 bytes: must have at most 1024'],
  [' \n', 'is empty'],
  [undefined, 'is not there'],
])('a page that the file of the tenant would not take is refused before AWS is asked: %#', async (text, fault) => {
  const page = join(await repository({}), 'page.html');
  if (text !== undefined) await writeFile(page, text);
  const asked = showMaintenance(recorder(), { ...place, environment: 'dev', wanted: 'on', page });
  await expect(asked).rejects.toMatchObject({ code: 'USAGE', message: `--page ${page} ${fault}` });
});
