import type { StackResourceDrift } from '@aws-sdk/client-cloudformation';
import type { Aws } from '../../aws/session.ts';

/** One property that is not what the template says; values as CloudFormation writes them. */
export interface PropertyDrift {
  /** JSON pointer in the resource's properties: `/RedrivePolicy/maxReceiveCount`. */
  readonly path: string;
  /** Absent when the template has no such value. */
  readonly expected?: string;
  /** Absent when the resource has no such value. */
  readonly actual?: string;
}

/** A resource of a stack, and what the last detection found out about it. */
export interface ResourceDrift {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: 'IN_SYNC' | 'MODIFIED' | 'DELETED' | 'UNKNOWN' | 'NOT_CHECKED';
  /** CloudFormation's, of what is not known. */
  readonly reason?: string;
  readonly differences: readonly PropertyDrift[];
  /** It differs, and only as the tenant's jobs switched its maintenance. */
  readonly isSwitched?: true;
}

/**
 * Every resource of a stack, sorted. CloudFormation lists the drift of what was checked, up to 100 on a page, so what it
 * could not check is known only by the list of all resources; and what an earlier detection found out is no news.
 */
export async function readResourceDrifts(aws: Aws, stack: string, since: Date): Promise<ResourceDrift[]> {
  const { paginateDescribeStackResourceDrifts, paginateListStackResources } = await import(
    '@aws-sdk/client-cloudformation'
  );
  const client = await aws.cloudFormation();
  const drifts = new Map<string, StackResourceDrift>();
  const resources: ResourceDrift[] = [];
  const readDrifts = async () => {
    for await (const page of paginateDescribeStackResourceDrifts({ client }, { StackName: stack })) {
      for (const drift of page.StackResourceDrifts ?? []) drifts.set(drift.LogicalResourceId ?? '', drift);
    }
  };
  const readResources = async () => {
    for await (const page of paginateListStackResources({ client }, { StackName: stack })) {
      for (const { LogicalResourceId, PhysicalResourceId, ResourceType } of page.StackResourceSummaries ?? []) {
        const [logicalId, physicalId, type] = [LogicalResourceId ?? '', PhysicalResourceId ?? '', ResourceType ?? ''];
        resources.push({ logicalId, physicalId, type, status: 'NOT_CHECKED', differences: [] });
      }
    }
  };
  await Promise.all([readDrifts(), readResources()]);
  return resources
    .map((resource) => withDrift(resource, drifts.get(resource.logicalId), since))
    .sort((a, b) => a.logicalId.localeCompare(b.logicalId));
}

function withDrift(resource: ResourceDrift, drift: StackResourceDrift | undefined, since: Date): ResourceDrift {
  if (drift === undefined) return resource;
  const { StackResourceDriftStatus: status = '', DriftStatusReason: reason, PropertyDifferences = [] } = drift;
  if ((drift.Timestamp ?? since) < since) {
    // Of a type that can be compared, as it was before, and was passed over this time.
    const isComparable = statuses.some((each) => each === status);
    return isComparable ? { ...resource, status: 'UNKNOWN', reason: 'the detection skipped it' } : resource;
  }
  return {
    ...resource,
    // UNSUPPORTED is not checked either.
    status: statuses.find((each) => each === status) ?? 'NOT_CHECKED',
    ...(reason === undefined ? {} : { reason }),
    differences: PropertyDifferences.map(({ PropertyPath = '', ExpectedValue, ActualValue, DifferenceType }) => ({
      path: PropertyPath,
      ...(DifferenceType === 'ADD' || ExpectedValue === undefined ? {} : { expected: ExpectedValue }),
      ...(DifferenceType === 'REMOVE' || ActualValue === undefined ? {} : { actual: ActualValue }),
    })),
  };
}

const statuses = ['IN_SYNC', 'MODIFIED', 'DELETED', 'UNKNOWN'] as const;
