import { readPlatformFacts } from '../../aws/read-facts.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import type { BakeInputs } from '../../config/stored.ts';
import { VendhostError } from '../../errors.ts';
import { prepareBake } from '../../image/bake/prepare.ts';
import { inputChanges } from '../../image/bake-key.ts';
import { describeImages } from '../../image/describe.ts';
import { recordNaming } from '../../image/record.ts';
import { ambiguous } from '../../release/history/find-release.ts';
import { counted } from '../../repository/findings.ts';
import type { Runtime } from '../../runtime.ts';
import type { RetentionRules } from '../rules.ts';
import { type ListedImage, listedImages } from './image-rows.ts';
import type { ImageStanding } from './prune-plan.ts';
import { readImageFacts } from './read-image-facts.ts';

export interface ExplainImageOptions extends Place, RetentionRules {
  /** Id, or the beginning of a bake key; without it the newest image. */
  readonly image: string | undefined;
  /** The checkout to compare with. */
  readonly directory: string | undefined;
}

/** What an image's inputs were compared with, and what differs, one line each. */
export interface InputComparison {
  readonly with: string;
  readonly changes: readonly string[];
}

/** Explains one image. Throws `IMAGE_UNKNOWN` when the tenant has none of that id or bake key in the environment, `NAME_AMBIGUOUS` when bake keys begin so. */
export async function explainImage(runtime: Runtime, options: ExplainImageOptions): Promise<undefined> {
  const place = { tenant: options.tenant, environment: options.environment };
  const aws = openAws(runtime);
  const { bucket } = await readPlatformFacts(aws, place.environment);
  const { facts } = await readImageFacts(aws, { place, bucket }, { keep: options.keep });
  const sources = facts.images.flatMap(({ source }) => source ?? []);
  const images = listedImages(facts, await describeImages(aws, sources), options);
  const image = chosenImage(images, options);
  const inputs = inputsOf(facts, image);
  const comparison = inputs && (await compare(runtime, aws, { place, options, facts, images, image, inputs }));
  const text = explainLines(image, inputs, comparison).join('\n');
  runtime.out.result({ ...image, inputs, comparison }, text);
}

/** The requested image. */
function chosenImage(images: readonly ListedImage[], { image, tenant, environment }: ExplainImageOptions): ListedImage {
  const fits = ({ id, bakeKey, state }: ListedImage) =>
    image === undefined ? state !== 'unfinished' : id === image || (image !== '' && bakeKey.startsWith(image));
  const fitting = images.filter(fits);
  const bakeKeys = new Set(fitting.map(({ bakeKey }) => bakeKey));
  if (image !== undefined && bakeKeys.size > 1)
    throw ambiguous(
      image,
      [...bakeKeys].map((key) => `bake key ${key}`),
    );
  const found = fitting.find(({ onRecord }) => onRecord) ?? fitting[0];
  if (found !== undefined) return found;
  const which = image === undefined ? 'finished image' : `image ${image}`;
  throw new VendhostError('IMAGE_UNKNOWN', `${tenant} has no ${which} in ${environment}`, {
    hint: `list its images: vendhost image list --tenant ${tenant} --environment ${environment}`,
  });
}

function inputsOf({ records }: ImageStanding, { id, bakeKey }: ListedImage): BakeInputs | undefined {
  return recordNaming(records.get(bakeKey), id)?.inputs;
}

interface ComparedImage {
  readonly place: Place;
  readonly options: ExplainImageOptions;
  readonly facts: ImageStanding;
  readonly images: readonly ListedImage[];
  readonly image: ListedImage;
  readonly inputs: BakeInputs;
}

async function compare(runtime: Runtime, aws: Aws, given: ComparedImage): Promise<InputComparison | undefined> {
  const { place, options, facts, images, image, inputs } = given;
  if (options.directory !== undefined) {
    const prepared = await prepareBake(runtime, aws, place, options.directory);
    const key = prepared.bakeKey.slice(0, 12);
    return { with: `a bake of this checkout (bake key ${key})`, changes: inputChanges(inputs, prepared.inputs) };
  }
  const newest = images.find((each) => inputsOf(facts, each) !== undefined);
  const others = newest && inputsOf(facts, newest);
  if (newest === undefined || others === undefined || newest.id === image.id) return undefined;
  return { with: `the newest image ${newest.id}`, changes: inputChanges(inputs, others) };
}

/** The explanation for people. */
function explainLines(
  image: ListedImage,
  inputs: BakeInputs | undefined,
  comparison: InputComparison | undefined,
): string[] {
  const { base } = image;
  const baseAge = base.ageDays === undefined ? 'not shown by EC2 any more' : `${counted(base.ageDays, 'day')} old`;
  return [
    `${image.id} (${image.name}), ${image.state}, ${image.sizeGib} GiB`,
    `made ${image.createdAt}, ${counted(image.ageDays, 'day')} ago, of commit ${image.commit || '(unknown)'}`,
    ...originLines(image),
    `bake key: ${image.bakeKey || '(none: its bake did not finish)'}`,
    `base image: ${base.id === '' ? '(unknown)' : [base.id, base.name].join(' ').trim()}, ${baseAge}`,
    ...(inputs === undefined ? ['made of: (no record names this image)'] : inputLines(inputs)),
    ...(comparison === undefined ? [] : comparisonLines(comparison)),
    ...listOr('used by:', image.usedBy, 'used by nothing'),
    ...listOr('kept by image prune because', image.keptBecause, 'the next image prune removes it'),
  ];
}

function originLines({ promotedFrom }: ListedImage): string[] {
  if (promotedFrom === undefined) return [];
  const { environment, image, account, job, at } = promotedFrom;
  return [`copy of ${image} of ${environment} (account ${account}), made ${at}${job === '' ? '' : ` by ${job}`}`];
}

function inputLines({ scripts, base, template, ...rest }: BakeInputs): string[] {
  const files = (what: string, all: Readonly<Record<string, string>>) => `  ${what}: ${Object.keys(all).join(', ')}`;
  return [
    'made of:',
    files('infrastructure/', scripts),
    files("the platform's base scripts", base),
    files("the platform's Packer template", template),
    `  source AMI ${rest.sourceAmi}, ${rest.architecture}, ${rest.volumeGib} GiB, Packer ${rest.packer}`,
    `  encryption key ${rest.encryptionKey}`,
  ];
}

function comparisonLines({ with: other, changes }: InputComparison): string[] {
  return changes.length === 0 ? [`the same as ${other}`] : [`what is different in ${other}:`, ...changes.map(indented)];
}

function listOr(title: string, lines: readonly string[], none: string): string[] {
  return lines.length === 0 ? [none] : [title, ...lines.map(indented)];
}

function indented(line: string): string {
  return `  ${line}`;
}
