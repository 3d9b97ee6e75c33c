import { CreateRoleCommand, DeleteRoleCommand, DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { inject } from 'vitest';
import { openAws } from '../../../scripts/aws/session.ts';
import { withAssembly } from '../../../scripts/stack/assembly.ts';
import { type SaveOptions, saveStacks } from '../../../scripts/stack/change-set.ts';
import { type DeployOptions, deployStacks } from '../../../scripts/stack/deploy.ts';
import { accountEnvironment } from '../../local-cloud/start.ts';
import { type Recorder, recorder } from '../recorder.ts';
import { type Parameters, parameterApp } from './app.ts';

/** What the tests of stacks do in an account of the local cloud. */
export function stackWorld(account: string) {
  const newRuntime = (options: RecorderOptions = {}) =>
    recorder(accountEnvironment(inject('localCloud'), account), options);
  const runtime = newRuntime();
  const aws = openAws(runtime);
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

type RecorderOptions = NonNullable<globalThis.Parameters<typeof recorder>[1]>;
