import { describe, expect, test } from 'vitest';
import {
  approvalFaults,
  ownProjectFaults,
  pinnedFaults,
  sharedEnvironments,
  sharedPins,
} from '../../../scripts/config/host-checks.ts';
import { projectsOf, tenantSchema } from '../../../scripts/config/tenant.ts';
import { pathRefusal } from '../../../scripts/tenant/project-findings.ts';
import { pinnedWish } from '../../../scripts/tenant/projects/pinned.ts';
import { formerProjectOf } from '../../../scripts/tenant/projects/tenant-projects.ts';

const hosts = { dev: ['shop.dev.example.com'] };
const two = { infrastructure: 'acme/machine', software: 'acme/shop' };
const faults = (content: object) =>
  (tenantSchema.safeParse({ hosts, ...content }).error?.issues ?? []).map(({ path, message }) => [
    path.join('.'),
    message,
  ]);

describe('the projects of a tenant', () => {
  test('are one for all of it, or one for each half', () => {
    expect(projectsOf(tenantSchema.parse({ hosts, project: 'acme/shop' }))).toEqual([
      { path: 'acme/shop', half: undefined },
    ]);
    expect(projectsOf(tenantSchema.parse({ hosts, projects: two }))).toEqual([
      { path: 'acme/machine', half: 'infrastructure' },
      { path: 'acme/shop', half: 'software' },
    ]);
  });

  test.each([
    [{}, [['project', "the path of the tenant's GitLab project, or projects with one path for each half"]]],
    [{ project: 'acme/shop', projects: two }, [['project', 'left out where there is projects']]],
    [
      { projects: { infrastructure: 'acme/shop', software: 'Acme/Shop' } },
      [['projects.software', 'another project than that of infrastructure; with one project, use project']],
    ],
    [{ projects: { infrastructure: 'acme/shop' } }, [['projects.software', expect.any(String)]]],
  ])('%j is refused', (content, expected) => {
    expect(faults(content)).toEqual(expected);
  });

  test('neither is the one that approves, nor the one with the pipelines', () => {
    const tenant = tenantSchema.parse({ hosts, projects: two, pinned: true });
    expect(approvalFaults('shop.yml', { project: 'acme/shop', branch: 'main' }, tenant)).toMatchObject([
      { path: 'projects.software' },
    ]);
    expect(pinnedFaults('shop.yml', undefined, tenant)).toMatchObject([{ path: 'pinned' }]);
    expect(pinnedFaults('shop.yml', { project: 'platform/pipelines', branch: 'main' }, tenant)).toEqual([]);
  });

  test("neither is a project of the platform's own, pinned or not, in whatever case it is written", () => {
    const tenant = tenantSchema.parse({ hosts, projects: two });
    const found = (platform: Parameters<typeof ownProjectFaults>[1]) =>
      ownProjectFaults('shop.yml', platform, tenant).map(({ path, message }) => [path, message]);
    const wrong = (path: string, key: string) =>
      `"${path}" is wrong: it is the platform's own, ${key} in platform.yml; must be a project of the tenant's`;
    expect(found({ project: 'Acme/Machine', library: 'platform/vendhost' })).toEqual([
      ['projects.infrastructure', wrong('acme/machine', 'project')],
    ]);
    expect(found({ library: 'acme/shop' })).toEqual([['projects.software', wrong('acme/shop', 'library')]]);
    expect(found({ pipelines: { project: 'acme/SHOP', branch: 'main' } })).toEqual([
      ['projects.software', wrong('acme/shop', 'pipelines.project')],
    ]);
    expect(found({ project: 'acme/platform' })).toEqual([]);
  });

  test('a pinned tenant has its projects for itself: another one in them would unpin it', () => {
    const tenants = (pinned: readonly string[]) =>
      new Map([
        ['blog', { project: 'Acme/Shop', pinned: pinned.includes('blog') }],
        ['cafe', { project: 'acme/cafe', pinned: pinned.includes('cafe') }],
        ['shop', { projects: two, pinned: pinned.includes('shop') }],
      ]);
    expect(sharedPins(tenants(['cafe']))).toEqual([]);
    const both = [
      { tenant: 'blog', other: 'shop' },
      { tenant: 'shop', other: 'blog' },
    ];
    expect(sharedPins(tenants(['shop']))).toEqual(both);
    expect(sharedPins(tenants(['blog', 'shop']))).toEqual(both);
  });

  test("another tenant's half in the same project must have other environments there", () => {
    const tenants = new Map([
      ['shop', { projects: two, environment_prefix: '' }],
      ['blog', { project: 'acme/Shop', environment_prefix: '' }],
      ['kiosk', { project: 'acme/machine', environment_prefix: 'kiosk/' }],
    ]);
    expect(sharedEnvironments(tenants)).toEqual([{ tenant: 'blog', other: 'shop' }]);
  });
});

describe('what a record says of a project', () => {
  const of = (project: string, projectId: number) => ({ project, projectId, loadBalancer: 1, port: 8080 });
  const whole = of('acme/shop', 1);
  const halves = { ...of('acme/machine', 2), software: { project: 'acme/shop', projectId: 1 } };
  const [machine, shop] = projectsOf(tenantSchema.parse({ hosts, projects: two }));
  const [only] = projectsOf(tenantSchema.parse({ hosts, project: 'acme/shop' }));
  const idOf = (
    record: Parameters<typeof formerProjectOf>[0],
    projects: Parameters<typeof formerProjectOf>[1],
    project = only,
  ) => formerProjectOf(record, projects, project)?.projectId;

  test('from one project to two: the remaining one is known, the other one is new', () => {
    expect([machine, shop].map((each) => idOf(whole, [machine, shop as typeof machine], each))).toEqual([undefined, 1]);
  });

  test('from two to one: the remaining one is known', () => {
    expect(idOf(halves, [only])).toBe(1);
    const machineOnly = { path: 'acme/machine', half: undefined };
    expect(idOf(halves, [machineOnly], machineOnly)).toBe(2);
  });

  test('a half with another path is compared with that half of before', () => {
    const moved = { path: 'lanterns/shop', half: 'software' } as const;
    expect(idOf(halves, [machine, moved], moved)).toBe(1);
  });
});

describe('the pipeline file of a project', () => {
  const pipelines = { project: 'platform/pipelines', branch: 'main' };

  test("of a pinned tenant is the platform's, one for each project", () => {
    expect(pinnedWish({ pipelines }, 'shop', { pinned: true }, undefined)).toEqual({
      pipelinePath: 'shop.gitlab-ci.yml@platform/pipelines:main',
    });
    expect(pinnedWish({ pipelines }, 'shop', { pinned: true }, 'software')).toEqual({
      pipelinePath: 'shop/software.gitlab-ci.yml@platform/pipelines:main',
    });
  });

  test("of another tenant is its own, and not the platform's any more", () => {
    expect(pinnedWish({ pipelines }, 'shop', { pinned: false }, undefined)).toEqual({
      formerPipelines: '@platform/pipelines:main',
    });
    expect(pinnedWish({}, 'shop', { pinned: false }, undefined)).toEqual({});
  });
});

test('a path that GitLab spells differently is named by its key in the file', () => {
  const wish = { tenant: 'shop', path: 'acme/Machine', key: 'projects.infrastructure' };
  expect(pathRefusal(wish, 'acme/machine')).toEqual({
    code: 'PROJECT_PATH',
    message: 'tenants/shop.yml has projects.infrastructure: acme/Machine, GitLab has acme/machine',
    hint: 'write projects.infrastructure: acme/machine; ID tokens have it so, letter by letter',
  });
});
