import { App, Stack } from 'aws-cdk-lib';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';

/** The app that `cdk drift` is given: as many stacks as the bench made, each with one parameter. */
const app = new App();
for (let number = 1; number <= Number(process.env.BENCH_STACKS); number += 1) {
  const stack = new Stack(app, `bench-${number}`, { analyticsReporting: false });
  new CfnParameter(stack, 'Fact', { name: `/bench/${number}`, type: 'String', value: 'as deployed' });
}
app.synth();
