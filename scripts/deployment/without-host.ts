const absences = new Set(['ApplicationDoesNotExistException', 'DeploymentGroupDoesNotExistException']);

/**
 * Whether CodeDeploy says that there is no virtual host, since the host brings application and deployment group
 * (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_GetDeploymentGroup.html#API_GetDeploymentGroup_Errors).
 */
export function isWithoutHost(error: unknown): error is Error {
  return error instanceof Error && absences.has(error.name);
}
