/**
 * Types of resources with whose end something is gone for ever: what they hold, what only they can read (keys), or what they would
 * have recorded (trails).
 */
export const losesData: ReadonlySet<string> = new Set([
  'AWS::CloudTrail::Trail',
  'AWS::KMS::Key',
  'AWS::RDS::DBInstance',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
]);
