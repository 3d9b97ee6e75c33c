/** Parts of CloudFormation templates that several tests have. */
export const ref = (Ref: string) => ({ Ref });
export const att = (...path: string[]) => ({ 'Fn::GetAtt': path });

export const vpc = { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.7.0.0/16' } };

/** A subnet of the resource `Vpc`. */
export const subnet = (block: string, zone = 'a') => ({
  Type: 'AWS::EC2::Subnet',
  Properties: { VpcId: ref('Vpc'), CidrBlock: block, AvailabilityZone: `eu-west-1${zone}` },
});
