import { describe, expect, test } from 'vitest';
import { platformApp } from '../../../cdk/platform/platform-app.ts';
import type { PlatformProps } from '../../../cdk/platform/platform-props.ts';
import { environmentOf } from '../../../scripts/config/files.ts';
import { replacedInPlace } from '../replaced-in-place.ts';
import { platform, props } from './props.ts';

const config = environmentOf(platform, 'production');
const project = { path: 'acme/platform', branch: 'master' };
const jobs = { ...config, vending: 'jobs' as const };

/** What somebody may write otherwise in platform.yml. The network itself stays: other addresses are another VPC. */
const variants: Readonly<Record<string, Partial<PlatformProps>>> = {
  'as it was': {},
  'a project': { project },
  'a project that was moved': { project: { path: 'group/platform', branch: 'main' }, config: jobs },
  'jobs that vend, and costs': { project, config: { ...jobs, costs: true } },
  'images of staging': { project, config: { ...config, images_from: 'staging' } },
  'images of dev': { project, config: { ...jobs, images_from: 'dev' } },
  'another GitLab': { project, issuer: 'https://git.example.com', audience: 'https://git.example.com' },
  'another domain and certificate': {
    config: { ...config, domain: 'shops.example.com', certificate: `${config.certificate}0` },
  },
  'more of everything': {
    project,
    config: { ...config, load_balancers: 10, nat: 'per-zone', flow_logs: 'all', alerts: ['ops@example.com'] },
  },
  'less of everything': { config: { ...config, nat: 'one', flow_logs: 'none', approval: false } },
};

describe('no change of platform.yml replaces a resource under its name', () => {
  const all = Object.entries(variants).map(([name, changes]) => {
    const app = platformApp({ validation: false }, props('production', changes));
    return { name, templates: new Map(app.synth().stacks.map((stack) => [stack.stackName, stack.template as object])) };
  });

  test.each(all)('from and to: $name', ({ templates }) => {
    for (const other of all) {
      const replaced = [...templates].flatMap(([stack, now]) => {
        const before = other.templates.get(stack);
        return before === undefined ? [] : replacedInPlace({ ...before }, { ...now });
      });
      expect(replaced, other.name).toEqual([]);
    }
  });
});
