import { DescribeStackEventsCommand, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
import { CreateRoleCommand, DeleteRoleCommand, DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { expect } from 'vitest';
import { openAws } from '../../../scripts/aws/session.ts';
import { withAssembly } from '../../../scripts/stack/assembly.ts';
import { type SaveOptions, saveStacks } from '../../../scripts/stack/change-sets/save-change-sets.ts';
import { type DeployOptions, deployStacks } from '../../../scripts/stack/deploy/deploy-stacks.ts';
import { cloudAccount } from '../../builders/account.ts';
import type { Recorder } from '../../builders/recorder.ts';
import { type Parameters, parameterApp } from './app.ts';

/** What the tests of stacks do in an account of the local cloud. */
export function stackWorld(account: string) {
  const { aws, runtime: newRuntime } = cloudAccount(account);
  const runtime = newRuntime();
  return {
    aws,
    newRuntime,
    async deploy(stacks: Parameters, options: DeployOptions = {}, own: Recorder = runtime) {
      return await withAssembly(own, openAws(own), parameterApp(account, stacks), (assembly) =>
        deployStacks(assembly, options),
      );
    },
    async save(stacks: Parameters, options: Partial<SaveOptions> = {}, own: Recorder = runtime) {
      return await withAssembly(own, openAws(own), parameterApp(account, stacks), (assembly) =>
        saveStacks(assembly, { name: 'a-plan', ...options }),
      );
    },
    async parameterValue(Name: string) {
      return (await (await aws.ssm()).send(new GetParameterCommand({ Name }))).Parameter?.Value;
    },
    /** Waits until the stack has come to its resource of the kind `$Wait`. */
    async reached(StackName: string, LogicalResourceId: string) {
      const client = await aws.cloudFormation();
      const command = new DescribeStackEventsCommand({ StackName });
      const status = async () => {
        const { StackEvents = [] } = await client.send(command);
        return StackEvents.find((event) => event.LogicalResourceId === LogicalResourceId)?.ResourceStatus;
      };
      await expect.poll(status, { timeout: 60_000 }).toMatch(/^(CREATE|UPDATE)_IN_PROGRESS$/);
    },
    /** Ends the waiting of a resource of the kind `$Wait`. */
    async signal(StackName: string, LogicalResourceId: string, Status: 'SUCCESS' | 'FAILURE') {
      const client = await aws.cloudFormation();
      const handle = new DescribeStackResourceCommand({ StackName, LogicalResourceId: `${LogicalResourceId}Handle` });
      const { StackResourceDetail } = await client.send(handle);
      // Bytes, because a signal must have no content type.
      const body = Buffer.from(JSON.stringify({ Status, UniqueId: '1', Data: '', Reason: 'so it was told' }));
      const answer = await fetch(StackResourceDetail?.PhysicalResourceId ?? '', { method: 'PUT', body });
      expect(answer.status).toBe(200);
    },
    async createRole(RoleName: string) {
      const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] });
      await (await aws.iam()).send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
    },
    async deleteRole(RoleName: string, PolicyName: string) {
      const iam = await aws.iam();
      await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
      await iam.send(new DeleteRoleCommand({ RoleName }));
    },
  };
}
