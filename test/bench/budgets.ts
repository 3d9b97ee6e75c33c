/** How big an environment is. */
export interface Size {
  readonly tenants: number;
  readonly balancers: number;
  /** Stacks of its account and region: four of each tenant, and the platform's. */
  readonly stacks: number;
}

/** The most calls of each kind that a command makes of one environment; kinds that are not here are made `mostOthers` times, whatever its size. */
type Budget = (size: Size) => Readonly<Record<string, number>>;

/** A few, such as those that ask for quotas: one for each tenant would be more, however few tenants there are. */
export const mostOthers = 4;

const pages = (things: number, perPage: number) => Math.max(1, Math.ceil(things / perPage));
/** What the platform publishes: some 30 facts, and 4 of each load balancer, 10 on a page of SSM. */
const factPages = ({ balancers }: Size) => pages(30 + 4 * balancers, 10);
const recordPages = ({ tenants }: Size) => pages(tenants, 10);
const stackPages = ({ stacks }: Size) => pages(stacks, 100);
/** Claims of hosts, with the folder of what tenants claimed; numbers of rules, of each load balancer and by tenant. */
const claimPages = ({ tenants, balancers }: Size) =>
  pages(tenants + 1, 1000) + pages(2 * tenants, 1000) + balancers * pages(perBalancer + 1, 1000);
/** As many rules as a load balancer takes. */
const perBalancer = 100;
/** The platform's own stacks are asked for by their names: `platform.yml` may want some that are not there. */
const platformStacks = 17;

/** Tenants with a host, a rule and four stacks each; docs/scale.md says why. */
export const budgets = {
  'tenant plan': (size) => ({
    GetParametersByPath: factPages(size) + recordPages(size),
    ListStacks: stackPages(size),
    'list keys': pages(size.tenants + 1, 1000) + pages(size.tenants, 1000) + pages(2 * size.tenants, 1000),
    GetObject: 0,
  }),
  'platform status': (size) => ({
    GetParametersByPath: factPages(size) + recordPages(size),
    DescribeStacks: stackPages(size) + platformStacks,
    DescribeRules: size.balancers,
    'list keys': claimPages(size),
    GetObject: 2 * size.tenants,
  }),
  'drift check --check ownership': (size) => ({
    GetParametersByPath: factPages(size) + recordPages(size),
    DescribeStacks: stackPages(size),
    DescribeRules: size.balancers,
    'list keys': claimPages(size),
    GetObject: 2 * size.tenants,
  }),
  'drift check': (size) => ({
    GetParametersByPath: factPages(size) + recordPages(size),
    DescribeStacks: 2 * stackPages(size),
    ListStacks: stackPages(size),
    DescribeRules: size.balancers,
    DescribeTargetGroups: pages(size.tenants, 400),
    DescribeAutoScalingGroups: pages(size.tenants, 100),
    DescribeAlarms: pages(size.tenants, 50),
    'list keys': claimPages(size),
    GetObject: 2 * size.tenants,
    DetectStackDrift: 4 * size.tenants,
    DescribeStackDriftDetectionStatus: 4 * size.tenants,
    DescribeStackResourceDrifts: 4 * size.tenants,
    ListStackResources: 4 * size.tenants,
    GetDeploymentGroup: size.tenants,
    DescribeLaunchTemplateVersions: 2 * size.tenants,
    DescribeLifecycleHooks: size.tenants,
    DescribeInstanceRefreshes: size.tenants,
  }),
  'tenant vend --dry-run': (size) => ({
    GetParametersByPath: factPages(size),
    // What the tenant has on each load balancer is one list.
    'list keys': pages(size.tenants + 1, 1000) + size.balancers + 2,
    GetObject: 8,
  }),
} as const satisfies Readonly<Record<string, Budget>>;

export type Budgeted = keyof typeof budgets;

/** The kinds of which a command made more calls than it may, in words; none is over when it is empty. */
export function overBudget(command: Budgeted, size: Size, counts: Readonly<Record<string, number>>): string[] {
  const budget: Readonly<Record<string, number>> = budgets[command](size);
  return Object.entries(counts).flatMap(([kind, count]) => {
    const most = budget[kind] ?? mostOthers;
    return count > most ? [`${kind}: ${count}, at most ${most}`] : [];
  });
}

/** An environment in an account of its own, with full load balancers. */
export function sizeOf(tenants: number): Size {
  return { tenants, balancers: Math.ceil(tenants / perBalancer), stacks: 4 * tenants + platformStacks };
}

/** The budgets as docs/scale.md has them: what grows, for so many tenants. */
export function budgetTable(sizes: readonly number[]): string {
  const numbers = sizes.map((tenants) => tenants.toLocaleString('en'));
  const rows = (Object.keys(budgets) as Budgeted[]).flatMap((command) => {
    const all: Readonly<Record<string, number>>[] = sizes.map((tenants) => budgets[command](sizeOf(tenants)));
    return Object.keys(all[0] ?? {}).map((kind) =>
      [`\`${command}\``, kind, ...all.map((budget) => (budget[kind] ?? 0).toLocaleString('en'))].join(' | '),
    );
  });
  const head = ['command, of one environment', 'calls', ...numbers.map((number) => `${number} tenants`)];
  return [head.join(' | '), head.map(() => '---').join(' | '), ...rows].map((row) => `| ${row} |`).join('\n');
}
