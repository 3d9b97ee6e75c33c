import type { App } from 'aws-cdk-lib';
import { type AppProps, newApp } from '../app.ts';
import { AccessStack } from './access/platform-access-stack.ts';
import { PoliciesStack } from './access/policies-stack.ts';
import { VendingStack } from './access/vending/vending-stack.ts';
import { BalancerStack } from './balancer/balancer-stack.ts';
import { NetworkStack } from './network/network-stack.ts';
import type { PlatformProps } from './platform-props.ts';
import { StorageStack } from './storage/storage-stack.ts';

/** The app with the stacks of one environment's platform. */
export function platformApp(app: AppProps, props: PlatformProps): App {
  const made = newApp(app);
  new NetworkStack(made, props);
  new StorageStack(made, props);
  new PoliciesStack(made, props);
  new AccessStack(made, props);
  if (props.config.vending === 'jobs') new VendingStack(made, props);
  for (let number = 1; number <= props.config.load_balancers; number += 1) new BalancerStack(made, props, number);
  return made;
}
