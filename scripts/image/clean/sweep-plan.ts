import type { Image } from '@aws-sdk/client-ec2';
import type { KeptLease } from '../bake/lease.ts';
import { type Leftovers, linesOfTraces } from './leftovers.ts';

/** The resources of a tenant's bakes in one environment. */
export interface Found {
  /** Read first, by run. */
  readonly traces: ReadonlyMap<string, Leftovers>;
  /** Read after the traces: those resources were made under a lease, so a run without one has ended. */
  readonly leases: readonly KeptLease[];
  /** Read after the leases: finished images to keep, which a record names or the virtual host uses. */
  readonly kept: ReadonlySet<string>;
}

/** Whose sweep it is. */
export interface Sweeper {
  /** The run that sweeps before it bakes. */
  readonly run?: string;
  /** URL of the job whose script has ended, so that its lease has no holder any more. */
  readonly endedJob?: string;
}

/** What is removed: the leftovers of runs that died, and their leases. */
export interface SweepPlan {
  readonly runs: readonly { readonly run: string; readonly left: Leftovers }[];
  readonly leases: readonly KeptLease[];
}

/** Each sweep removes the leftovers of this many runs; the next one continues. */
const mostRuns = 20;

/** Whose leases and whose resources are removed. A run lives as long as somebody renews its lease. */
export function planSweep({ traces, leases, kept }: Found, { run: own, endedJob }: Sweeper): SweepPlan {
  const isOver = (lease: KeptLease) => lease.isStale || (endedJob !== undefined && lease.job === endedJob);
  const living = new Set(leases.filter((lease) => !isOver(lease)).map(({ run }) => run));
  if (own !== undefined) living.add(own);
  const isKept = ({ ImageId = '' }: Image) => kept.has(ImageId);
  const used = new Set([...traces.values()].flatMap(({ images }) => images.filter(isKept)).flatMap(snapshotsOf));
  const runs = [...traces]
    .filter(([run]) => !living.has(run))
    .map(([run, left]) => ({
      run,
      left: {
        ...left,
        images: left.images.filter((image) => !isKept(image)),
        snapshots: left.snapshots.filter((id) => !used.has(id)),
      },
    }))
    .filter(({ left }) => linesOfTraces(left).length > 0);
  return { runs: runs.slice(0, mostRuns), leases: leases.filter((lease) => isOver(lease) && lease.run !== own) };
}

function snapshotsOf({ BlockDeviceMappings = [] }: Image): string[] {
  return BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
}
