import { describe, expect, test } from 'vitest';
import { replacedInPlace } from '../replaced-in-place.ts';
import { stacksIn, templates } from '../roles/stacks.ts';
import { appWith, configured } from './props.ts';

const project = (path: string, branch = 'main') => ({ project: { path, branch } });

const variants: Readonly<Record<string, Parameters<typeof appWith>[1]>> = {
  'as it was': project('lanterns/platform'),
  'no project': {},
  'a project that was moved': project('lanterns/infrastructure/platform'),
  'another branch': project('lanterns/platform', 'trunk'),
  'another issuer': { ...project('lanterns/platform'), issuer: 'https://id.example.com' },
  'jobs that vend': { ...configured('dev', { vending: 'jobs' }), ...project('lanterns/platform') },
  'jobs of a moved project that vend': { ...configured('dev', { vending: 'jobs' }), ...project('other/platform') },
  'approval, costs and two load balancers': {
    ...configured('dev', { approval: true, costs: true, load_balancers: 2, nat: 'per-zone', flow_logs: 'all' }),
    ...project('lanterns/platform'),
  },
  'images of staging': { ...configured('dev', { images_from: 'staging' }), ...project('lanterns/platform') },
};

describe('no change of platform.yml replaces a resource under its name', () => {
  const apps = Object.entries(variants).map(([name, changes]) => {
    const app = appWith('dev', changes);
    const found = templates(app).map(
      (template, index) => [stacksIn(app)[index]?.stackName, template.toJSON()] as const,
    );
    return { name, stacks: new Map(found) };
  });

  test.each(apps)('from and to: $name', ({ stacks }) => {
    for (const other of apps) {
      const replaced = [...stacks].flatMap(([stack, template]) => {
        const before = other.stacks.get(stack);
        return before === undefined ? [] : replacedInPlace(before, template);
      });
      expect(replaced, other.name).toEqual([]);
    }
  });
});
