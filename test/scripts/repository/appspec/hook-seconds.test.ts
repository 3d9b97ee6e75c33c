import { expect, test } from 'vitest';
import { hookSeconds } from '../../../../scripts/repository/appspec/hook-seconds.ts';

test('the time limits of an event are added up; without one CodeDeploy gives an hour, and not more to all of them', () => {
  const spec = `version: 0.0
os: linux
hooks:
  AfterInstall:
    - { location: a.sh, timeout: 30 }
    - { location: b.sh, timeout: 45 }
  ApplicationStart:
    - location: c.sh
  ValidateService:
    - location: d.sh
    - { location: e.sh, timeout: 60 }
`;
  expect(hookSeconds(Buffer.from(spec))).toEqual({ AfterInstall: 75, ApplicationStart: 3600, ValidateService: 3600 });
  expect(hookSeconds(Buffer.from('version: 0.0\nos: linux\n'))).toEqual({});
});
