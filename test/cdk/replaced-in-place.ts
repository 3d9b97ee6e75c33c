import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';

/**
 * CloudFormation makes the new one of a replacement before it deletes the old one, so it refuses what replaces a resource and leaves its name
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-edit-custom-resource-names.html). Which properties replace
 * is in AWS's own data, which the CDK's diff reads.
 */
type AnyTemplate = Readonly<Record<string, unknown>>;

/** The resources of a template that its next one would replace under the same name. */
export function replacedInPlace(before: AnyTemplate, after: AnyTemplate): string[] {
  const found: string[] = [];
  fullDiff(before, after).resources.forEachDifference((id, change) => {
    const { oldProperties = {}, newProperties = {} } = change;
    if (!change.isUpdate || change.changeImpact !== ResourceImpact.WILL_REPLACE) return;
    const kept = nameKeys(change.oldResourceType ?? '').filter(
      (key) => key in oldProperties && oldProperties[key] === newProperties[key],
    );
    const causes = Object.entries(change.propertyUpdates).filter(
      ([, { changeImpact }]) => changeImpact === ResourceImpact.WILL_REPLACE,
    );
    if (kept.length > 0) found.push(`${id}: ${causes.map(([key]) => key).join(', ')}`);
  });
  return found;
}

/** What names a resource: `RoleName` of a role, `DBInstanceIdentifier`, `GroupName` of a security group, `Name` of what has only that. */
function nameKeys(type: string): string[] {
  const kind = type.split('::').at(-1);
  return [`${kind}Name`, `${kind}Identifier`, 'GroupName', 'Name'];
}
