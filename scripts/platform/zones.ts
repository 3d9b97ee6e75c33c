import type { Aws } from '../aws/session.ts';
import type { Environment } from '../config/environment.ts';
import { names } from '../config/names.ts';
import { zones as count } from '../config/network.ts';
import { VendhostError } from '../errors.ts';
import { readTemplate } from '../stack/stack-plan.ts';

/** The zones of an environment's subnets; `undefined` for a network of an older version, whose template asks for them itself. */
export type Zones = readonly string[] | undefined;

/**
 * The zones of a network, read from EC2 once: a deployed network keeps those of its template, because a subnet cannot move, and what a region
 * lists changes when AWS adds a zone
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html).
 * Throws `ZONES_MISSING` if a new network would have fewer than three.
 */
export async function readZones(aws: Aws, environment: Environment): Promise<Zones> {
  const template = await readTemplate(aws, names.platformStack(environment, 'network'));
  const deployed = zonesOf(template);
  return deployed === 'none' ? await askForZones(aws, environment) : deployed;
}

interface Subnet {
  readonly Type: string;
  readonly Properties?: { readonly AvailabilityZone?: unknown };
}

/** The zones in a template of the network stack, in the order of its public subnets; `none` if it has no subnet. */
export function zonesOf(template: Readonly<Record<string, unknown>> | undefined): Zones | 'none' {
  const resources = Object.entries((template?.Resources ?? {}) as Readonly<Record<string, Subnet>>);
  const found = resources.flatMap(([id, { Type, Properties }]) => {
    const number = /publicSubnet(\d)Subnet/.exec(id)?.[1];
    return Type === 'AWS::EC2::Subnet' && number !== undefined
      ? [[Number(number), Properties?.AvailabilityZone] as const]
      : [];
  });
  if (found.length === 0) return 'none';
  const zones = found.toSorted(([left], [right]) => left - right).map(([, zone]) => zone);
  return zones.every((zone) => typeof zone === 'string') ? zones : undefined;
}

/** The region's first three zones that are open to every account: no local zones, and none that must be opted into. */
async function askForZones(aws: Aws, environment: Environment): Promise<Zones> {
  const { DescribeAvailabilityZonesCommand } = await import('@aws-sdk/client-ec2');
  const { AvailabilityZones = [] } = await (await aws.ec2()).send(new DescribeAvailabilityZonesCommand({}));
  const open = AvailabilityZones.filter(
    ({ OptInStatus = 'opt-in-not-required', State, ZoneType = 'availability-zone' }) =>
      State === 'available' && OptInStatus === 'opt-in-not-required' && ZoneType === 'availability-zone',
  );
  const found = open.flatMap(({ ZoneName }) => ZoneName ?? []).toSorted();
  if (found.length >= count) return found.slice(0, count);
  throw new VendhostError(
    'ZONES_MISSING',
    `${aws.region} has ${found.length} availability zones open to this account (${found.join(', ')}): ${environment} needs ${count}`,
    {
      hint: `write another region to environments.${environment}.region of platform.yml, or ask AWS to open more zones`,
    },
  );
}
