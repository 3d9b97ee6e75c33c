import { expect, test } from 'vitest';
import { jobFaults, structureFaults } from '../../../scripts/ci/configuration-faults.ts';

const script = ['make'];

test('a configuration that GitLab takes', () => {
  const whole = {
    default: { image: 'a' },
    before_script: ['b'],
    stages: ['build', 'test'],
    workflow: { rules: [{ when: 'always' }] },
    '.hidden': 5,
    first: { stage: '.pre', script },
    pages: {
      script,
      needs: ['first', { job: 'gone', optional: true }, { project: 'acme/lib', job: 'x', ref: 'main' }],
    },
    child: { stage: 'build', trigger: { include: 'a.yml' } },
  };
  expect([...jobFaults(whole), ...structureFaults(whole)]).toEqual([]);
});

test('what is wrong in a job', () => {
  const whole = {
    stages: 'build',
    workflow: { rules: 5 },
    a: { script, when: 'never', needs: 'b' },
    b: { script, rules: [{ when: 'sometimes' }], only: ['main'] },
  };
  expect(jobFaults(whole)).toEqual([
    'stages: "build" is wrong: must be a list of texts',
    'workflow: rules: 5 is wrong: must be a list',
    'a: when: "never" is wrong: must be one of on_success, on_failure, always, manual, delayed',
    'a: needs: "b" is wrong: must be a list',
    expect.stringContaining('b: rules: rule 1: when: "sometimes" is wrong: '),
    'b: only: must not be there beside rules',
  ]);
});

test.each(['production/', '/production', 'a:b', 'ü'])("an environment's name that GitLab refuses: %s", (name) => {
  const fault = expect.stringContaining(`${JSON.stringify(name)} is wrong: must have letters`);
  expect(jobFaults({ a: { script, environment: name }, b: { script, environment: { name } } })).toEqual([fault, fault]);
});

test.each(['dev', 'shop/$VENDHOST_ENVIRONMENT', 'production/-', 'review/${CI_COMMIT_REF_SLUG} 1.0', '$A'])(
  "an environment's name that GitLab takes: %s",
  (name) => {
    expect(jobFaults({ a: { script, environment: { name, action: 'access' } } })).toEqual([]);
  },
);

test('a workflow that is none', () => {
  expect(jobFaults({ workflow: 5 })).toEqual(['workflow: 5 is wrong: must be a mapping']);
});

test('what does not fit together', () => {
  const whole = {
    stages: ['one', 'two'],
    idle: { stage: 'one' },
    number: 5,
    lost: { script },
    early: { stage: 'one', script, needs: ['late', 'gone'] },
    late: { stage: 'two', script },
  };
  expect(structureFaults(whole)).toEqual([
    'idle: must have script, trigger or run',
    'number: must have script, trigger or run',
    'lost job: chosen stage test does not exist; available stages are .pre, one, two, .post',
    'early job: need late is not defined in current or prior stages',
    'early job: undefined need: gone',
  ]);
});
