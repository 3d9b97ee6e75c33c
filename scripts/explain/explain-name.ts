import { withPlanRole } from '../aws/plan-role.ts';
import { openAws } from '../aws/session.ts';
import type { Environment } from '../config/environment.ts';
import type { Runtime } from '../runtime.ts';
import { askedOf } from './asked.ts';
import { chainLines, chainLinks } from './chain-links.ts';
import { findAsked } from './find-asked.ts';
import { readChain } from './read-chain.ts';

export interface ExplainNameOptions {
  /** A host, an instance, an image, or a release by its revision, commit or execution. */
  readonly name: string;
  readonly tenant: string | undefined;
  readonly environment: Environment | undefined;
}

/**
 * Prints where something comes from and where it got to, from the commit to the host. What cannot be read is `unknown`, with the reason. Only
 * reads, in a job with the tenant's plan role. Throws `NAME_UNKNOWN`, and `USAGE` for what is no name.
 */
export async function explainName(
  runtime: Runtime,
  { name, tenant, environment }: ExplainNameOptions,
): Promise<undefined> {
  const asked = askedOf(name);
  const place = tenant && environment ? { tenant, environment } : undefined;
  const aws = openAws(place === undefined ? runtime : withPlanRole(runtime, place));
  const said = { ...(tenant ? { tenant } : {}), ...(environment ? { environment } : {}) };
  const facts = await readChain(runtime, aws, asked, await findAsked(aws, asked, said));
  const chain = chainLinks(facts);
  runtime.out.result({ asked, ...facts.place, chain }, chainLines(chain).join('\n'));
  return undefined;
}
