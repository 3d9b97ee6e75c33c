import type { Stage } from '../../acceptance/stage.ts';
import { operate } from '../../acceptance/steps.ts';
import type { World } from '../world.ts';

const file = 'tenants/fair.yml';
const granted = (project: string) => `project: ${project}\nhosts:\n  dev: [fair.dev.example.com]\n`;

/** A tenant is vended, retired, and another project gets its name and its host. It has no virtual host: that would only cost time here. */
export async function nameAgain(stage: Stage, { owner }: World): Promise<void> {
  const vend = ['tenant', 'vend', 'fair', '--environment', 'dev', '--protect-branches'];
  await owner.write({ [file]: granted('acme/fair') }, 'A tenant for a summer: fair');
  await operate(stage, 'vend fair', vend);
  await owner.write({ [file]: null }, 'The summer is over');
  // Its files go too: while their bucket stays, nobody else gets the name.
  await operate(stage, 'retire fair', ['tenant', 'retire', 'fair', '--environment', 'dev', '--delete-files']);
  await owner.write({ [file]: granted('acme/winter-fair') }, 'The name and the host for another project');
  await operate(stage, 'vend fair again', vend);
  const register = await operate(stage, 'register', ['tenant', 'plan', '--environment', 'dev']);
  stage.check(register.includes('3 tenants: no change'), 'all of tenants/ is as dev is: shop, page and fair');
}
