import { z } from 'zod';

// Schemas of the objects in an environment's bucket, each named after its key in `keys`. A tenant's record is an SSM
// parameter: its schema is with the platform's facts.

/** `keys.hostClaim`: the tenant a host belongs to; `keys.tenantHost`, without a run: a host that a tenant has or had. */
export const hostClaimSchema = z.object({
  host: z.string(),
  tenant: z.string(),
  /** Random id of the run that wrote it: it distinguishes two runs of one tenant. */
  run: z.string().optional(),
});
export type HostClaim = Readonly<z.output<typeof hostClaimSchema>>;

/** `keys.priorityClaim`: who has a number on a listener; `keys.tenantPriority`: which number a tenant has. */
export const priorityClaimSchema = z.object({
  tenant: z.string(),
  priority: z.int(),
  /** In a tenant's own record: the number's claim was written, and a job that saw the record before that must look again. */
  claimed: z.boolean().optional(),
  /** In a tenant's own record that is not claimed yet: the number it had before, whose claim is removed. */
  leaves: z.int().optional(),
});
export type PriorityClaim = Readonly<z.output<typeof priorityClaimSchema>>;

/** `keys.vendedMark`: for people; only its name counts. */
export const vendedMarkSchema = z.object({
  /** When the vend ended, ISO 8601. */
  at: z.string(),
});

/** `keys.bakeLease`: who bakes an image. */
export const bakeLeaseSchema = z.object({
  /** Random id of the run. */
  run: z.string(),
  /** The job's URL, or another hint at who holds the lease. */
  job: z.string(),
  /** When the lease ends unless it is renewed, by the holder's clock; ISO 8601. For people: jobs use the time at which S3 wrote it. */
  until: z.string(),
});
export type BakeLease = Readonly<z.output<typeof bakeLeaseSchema>>;

/** Path → hash with executable bit. */
const digests = z.record(z.string(), z.string()).readonly();

/** Everything that determines what an image contains. Contents only: no names of revisions, no times. All of it is in the bake key. */
export const bakeInputsSchema = z.object({
  place: z.string(),
  scripts: digests,
  base: digests,
  template: digests,
  sourceAmi: z.string(),
  architecture: z.string(),
  volumeGib: z.number(),
  encryptionKey: z.string(),
  packer: z.string(),
});
export type BakeInputs = Readonly<z.output<typeof bakeInputsSchema>>;

/** An image by which a bake key is known. */
const namedImageSchema = z.object({
  imageId: z.string().regex(/^ami-[0-9a-z]+$/),
  /** For a copy: the original image, its environment, and the job that copied it; unknown values are empty. */
  promotedFrom: z
    .object({
      environment: z.string(),
      image: z.string(),
      account: z.string(),
      job: z.string(),
      /** ISO 8601, by the copier's clock. */
      at: z.string(),
    })
    .readonly()
    .optional(),
});
export type NamedImage = Readonly<z.output<typeof namedImageSchema>>;

/** `keys.imageRecord`: the image of a bake key, written when the image was verified. */
export const imageRecordSchema = namedImageSchema.extend({
  /** What the image was made from. */
  inputs: bakeInputsSchema,
  /** When a job last chose the image again, ISO 8601. For people: jobs use the time at which S3 wrote the record. */
  chosenAt: z.string().optional(),
  /** Images of the same inputs that a copy took the place of, newest first: releases go back to them. */
  earlier: z.array(namedImageSchema).readonly().optional(),
});
export type ImageRecord = Readonly<z.output<typeof imageRecordSchema>>;

/** `keys.hostPipeline`: the newest pipeline that provisioned a host. */
export const hostPipelineSchema = z.object({
  /** GitLab's ids. */
  project: z.string(),
  pipeline: z.int(),
  commit: z.string(),
  url: z.string(),
});
export type HostPipeline = Readonly<z.output<typeof hostPipelineSchema>>;

/** `keys.push`: the push that first uploaded a revision; unknown values are empty. */
export const revisionPushSchema = z.object({
  /** Name of the revision. */
  sha256: z.string(),
  commit: z.string(),
  branch: z.string(),
  author: z.string(),
  message: z.string(),
  repository: z.string(),
  pipelineUrl: z.string(),
  /** Seconds that all hooks of an event may take together, by event; absent if an older version pushed. */
  hookSeconds: z.record(z.string(), z.number()).optional(),
  /** When a job last chose the revision again, ISO 8601. For people: jobs use the time at which S3 wrote the description. */
  chosenAt: z.string().optional(),
  /** When a prune was about to delete the revision, ISO 8601. */
  prunedAt: z.string().optional(),
});
export type RevisionPush = Readonly<z.output<typeof revisionPushSchema>>;

/** `keys.releaseRecord`: what an execution of a tenant's pipeline releases, and who started it; unknown values are empty. */
export const releaseRecordSchema = z.object({
  version: z.int(),
  executionId: z.string(),
  /** Key of the revision. */
  revision: z.string(),
  /** What was pushed: for a rollback, the push of the revision it returns to. */
  commit: z.string(),
  branch: z.string(),
  author: z.string(),
  message: z.string(),
  /** URL of the merge request that the commit merged. */
  mergeRequest: z.string(),
  /** What started it: pipeline and job by their URLs, and the user of the job. */
  pipelineUrl: z.string(),
  jobUrl: z.string(),
  user: z.string(),
  /** Image that the virtual host last ran on with it. */
  image: z.string(),
  /** ISO 8601, by the writer's clock. */
  startedAt: z.string(),
  /** For a rollback: the execution whose revision it rolls back. */
  rollbackOf: z.string().optional(),
  /** For a promotion: the environment, and the execution and commit there, whose revision this is. */
  promotedFrom: z
    .object({
      environment: z.string(),
      executionId: z.string(),
      commit: z.string(),
      /** The image there, if it was also promoted. */
      image: z.string().optional(),
    })
    .readonly()
    .optional(),
});
export type ReleaseRecord = Readonly<z.output<typeof releaseRecordSchema>>;

const releasedSoftware = releaseRecordSchema.pick({ revision: true, image: true }).extend({
  push: releaseRecordSchema.pick({ commit: true, branch: true, author: true, message: true, mergeRequest: true }),
});

/** `keys.begunRollback`: the target of a pipeline's rollback. Written before the release is started. */
export const begunRollbackSchema = z.object({
  version: z.literal(1),
  /** Execution whose revision is rolled back. */
  of: z.string(),
  from: releasedSoftware.optional(),
  to: releasedSoftware,
});
export type BegunRollback = Readonly<z.output<typeof begunRollbackSchema>>;

/** Who started an action: GitLab's user and job, or the ARN of a person's credentials as `user`; unknown values are empty. */
export const actorSchema = z.object({
  /** GitLab's login, or an ARN. */
  user: z.string(),
  /** The user's full name. */
  name: z.string(),
  /** URL of the job. */
  job: z.string(),
  /** URL of the pipeline. */
  pipeline: z.string(),
  /** Path of the project. */
  project: z.string(),
  /** Branch. */
  ref: z.string(),
});
export type Actor = Readonly<z.output<typeof actorSchema>>;

/** `keys.auditRecord`: one action on a tenant's host or releases, written when it ended; unknown values are empty. */
export const auditRecordSchema = z.object({
  version: z.literal(1),
  /** When it was written, by the clock of the machine that did it; ISO 8601. */
  at: z.string(),
  /** Noun and verb of the command: `host restart`. */
  action: z.string(),
  /** Target of the action: an instance, a host, an execution. */
  target: z.string(),
  before: z.string(),
  /** The result; starts with `failed: ` if the action failed. */
  after: z.string(),
  reason: z.string(),
  by: actorSchema,
});
export type AuditRecord = Readonly<z.output<typeof auditRecordSchema>>;
