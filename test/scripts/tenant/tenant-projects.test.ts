import { describe, expect, test } from 'vitest';
import { approvalFaults, pinnedFaults, sharedEnvironments } from '../../../scripts/config/host-checks.ts';
import { projectsOf, tenantSchema } from '../../../scripts/config/tenant.ts';
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
    expect(pinnedFaults('shop.yml', { project: 'Acme/Machine', branch: 'main' }, tenant)).toMatchObject([
      { message: 'true is wrong: acme/machine is the project with the pipelines, pipelines in platform.yml' },
    ]);
    expect(pinnedFaults('shop.yml', { project: 'platform/pipelines', branch: 'main' }, tenant)).toEqual([]);
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

  test('from one project to two: the one that stays is known, the other one is new', () => {
    expect([machine, shop].map((each) => idOf(whole, [machine, shop as typeof machine], each))).toEqual([undefined, 1]);
  });

  test('from two to one: whichever stays is known', () => {
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
