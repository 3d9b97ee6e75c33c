import { describe, expect, test } from 'vitest';
import { platformApp } from '../../../cdk/platform/platform-app.ts';
import { zonesOf } from '../../../scripts/platform/zones.ts';
import { props, templateIn } from '../../cdk/platform/props.ts';

const network = (zones?: readonly string[]) =>
  templateIn(platformApp({}, props('dev', { zones })), 'vendhost-dev-network').toJSON();

describe('the zones of a deployed network', () => {
  test('stay, in the order of its subnets', () => {
    const zones = ['eu-west-1c', 'eu-west-1a', 'eu-west-1d'];
    expect(zonesOf(network(zones))).toEqual(zones);
  });

  test('of an older version are left to CloudFormation, which placed its subnets', () => {
    expect(zonesOf(network())).toBeUndefined();
    expect(JSON.stringify(network())).toContain('Fn::GetAZs');
  });

  test('are none where no subnet is', () => {
    expect(zonesOf(undefined)).toBe('none');
    expect(zonesOf({ Resources: {} })).toBe('none');
  });
});
