import { describe, expect, test } from 'vitest';
import { parseAppSpec } from '../../../../scripts/repository/appspec/parse.ts';
import { below, findings, top } from './findings.ts';

describe('hooks', () => {
  const scriptable =
    'events with scripts are BeforeBlockTraffic, AfterBlockTraffic, ApplicationStop, BeforeInstall, AfterInstall, ApplicationStart, ValidateService, BeforeAllowTraffic, AfterAllowTraffic';
  const never = 'its scripts never run:';
  const seconds = 'must be whole seconds, 1 to 3600';

  test('are read in their order, as they are written', () => {
    const { spec, findings: found } = parseAppSpec(
      'a',
      Buffer.from(
        [
          ...top,
          'hooks:',
          '  AfterInstall:',
          '    - {location: /a.sh, timeout: "300", runas: admin}',
          '    - {location: ./b.sh, timeout: 5}',
        ].join('\n'),
      ),
    );
    expect(found).toEqual([]);
    expect(spec?.hooks.map(({ event, location, timeout }) => ({ event, location, timeout }))).toEqual([
      { event: 'AfterInstall', location: '/a.sh', timeout: 300 },
      { event: 'AfterInstall', location: './b.sh', timeout: 5 },
    ]);
  });
  test.each([
    ['After Install', `${never} "After Install" is not an event; write AfterInstall`],
    ['after_install', `${never} "after_install" is not an event; write AfterInstall`],
    ['AplicationStart', `${never} "AplicationStart" is not an event; write ApplicationStart`],
    ['afterinstall', `${never} "afterinstall" is not an event; write AfterInstall`],
    ['PreStart', `${never} "PreStart" is not an event; ${scriptable}`],
    ['Install', `${never} Install is CodeDeploy's own; ${scriptable}`],
    ['AfterAllowTestTraffic', `${never} AfterAllowTestTraffic exists for ECS only; ${scriptable}`],
  ])('%s', (event, message) => {
    expect(below('hooks:', `  ${event}:`, '    - location: a.sh')).toEqual([`fault 4: hooks.${event}: ${message}`]);
  });
  test.each([
    [
      'the form for ECS',
      ['hooks:', '  - AfterInstall: a'],
      ['fault 3: hooks: a list is wrong: must be a mapping of events (a list is the form for ECS and Lambda)'],
    ],
    [
      'a mapping under an event',
      ['hooks:', '  AfterInstall:', '    location: a.sh'],
      ['fault 4: hooks.AfterInstall: a mapping is wrong: must be a list of scripts, each with location'],
    ],
    [
      'a text under an event',
      ['hooks:', '  AfterInstall: a.sh'],
      ['fault 4: hooks.AfterInstall: a.sh is wrong: must be a list of scripts, each with location'],
    ],
    [
      'a bare script',
      ['hooks:', '  AfterInstall:', '    - a.sh'],
      [
        'fault 5: hooks.AfterInstall.0: a.sh is wrong: must be a mapping with location, like `- location: scripts/start.sh`',
      ],
    ],
    [
      'a blank event',
      ['hooks:', '  AfterInstall:'],
      ['warning 4: hooks.AfterInstall: no script runs: leave the event out, or list scripts'],
    ],
    ['blank hooks', ['hooks:'], ['warning 3: hooks: no script runs: leave the key out, or name events']],
    [
      'no location',
      ['hooks:', '  AfterInstall:', '    - timeout: 5'],
      ['fault 5: hooks.AfterInstall.0: location is missing: must be the path of a script in the revision'],
    ],
    [
      'other keys',
      ['hooks:', '  AfterInstall:', '    - {location: a.sh, timeout: 5, user: x, sudo: true}'],
      [
        'warning 5: hooks.AfterInstall.0.user: is ignored: known are location, timeout, runas',
        'warning 5: hooks.AfterInstall.0.sudo: is not documented: use runas',
      ],
    ],
    [
      'scripts without timeout',
      ['hooks:', '  AfterInstall:', '    - location: a.sh', '    - location: b.sh'],
      [
        'warning 5: hooks.AfterInstall.0: no timeout (and 1 more): a script that hangs is ended after an hour; write timeout, in seconds',
      ],
    ],
  ])('%s', (_name, lines, expected) => {
    expect(below(...lines)).toEqual(expected);
  });
  test.each(['0', '-5', '5m', 'abc', '1.5'])('timeout %s is a fault', (timeout) => {
    expect(below('hooks:', '  AfterInstall:', `    - {location: a.sh, timeout: ${timeout}}`)).toEqual([
      `fault 5: hooks.AfterInstall.0.timeout: ${timeout} is wrong: ${seconds}`,
    ]);
  });
  test("an event's timeouts together are at most an hour", () => {
    const two = (first: number, second: number) =>
      below(
        'hooks:',
        '  AfterInstall:',
        `    - {location: a.sh, timeout: ${first}}`,
        `    - {location: b.sh, timeout: ${second}}`,
      );
    expect(two(3000, 600)).toEqual([]);
    expect(two(3000, 601)).toEqual([
      "fault 4: hooks.AfterInstall: timeouts of 3601 s (3000 + 601) are wrong: one event's scripts together must be at most 3600 s",
    ]);
  });
  test('runas has no effect on windows', () => {
    expect(
      findings('version: 0.0', 'os: windows', 'hooks:', '  AfterInstall:', '    - {location: a.ps1, runas: x}'),
    ).toEqual(['warning 5: hooks.AfterInstall.0.runas: has no effect on windows']);
  });
});
