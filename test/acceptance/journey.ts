import type { Answer } from '../e2e/ask.ts';
import type { Files } from '../local-gitlab/repository.ts';
import type { EndedPipeline, Stage } from './stage.ts';
import { operate, pipeline } from './steps.ts';

/** Steps that the demo and the acceptance kit have in common: the platform, the tenant, its pushes, and what its host answers. */

const page = 'software/app/templates/page.html';
const jobs = ['validate', 'bake', 'provision', 'package', 'release'];

/** @param choice `--all`, or `--environment` and one */
export async function deployPlatform(stage: Stage, choice: readonly string[]): Promise<void> {
  const words = ['platform', 'deploy', ...choice];
  await operate(stage, 'platform', words);
  const repeated = await operate(stage, 'platform again', words);
  const isQuiet = /no change/i.test(repeated) && !/created|updated/.test(repeated);
  stage.check(isQuiet, 'a second time it changes nothing and says so');
}

export async function vendTenant(stage: Stage): Promise<void> {
  await operate(stage, 'vend', ['tenant', 'vend', 'shop', '--environment', 'dev', '--protect-branches']);
}

/** Image, virtual host, release, and an order that the database keeps. Returns the page. */
export async function firstPush(stage: Stage): Promise<Answer> {
  await push(stage, 'push 1', {});
  const shop = await stage.timeline.stage('ask', () => askLoadBalancer(stage));
  const { site, check } = stage;
  const order = await site.ask(site.host, '/orders', { product: 'storm', customer: 'Ada Lux' });
  check(order.status === 303, 'a customer orders: the shop keeps it in its database');
  return shop;
}

/** Software only: another page, another revision, the same order. */
export async function secondPush(stage: Stage, first: Answer): Promise<void> {
  const { site, check } = stage;
  const text = await site.read(page);
  await push(stage, 'push 2', { [page]: text.replace('every dark corner', 'every long night') });
  const second = await site.ask(site.host);
  check(second.body.includes('every long night'), 'the new page answers');
  check(revisionOf(second) !== revisionOf(first), `with revision ${revisionOf(second)}`);
  const { body } = await site.ask(site.host, '/orders');
  check(body.includes('storm for Ada Lux'), 'and shows the order that the first one took');
}

/** Each job finds that there is nothing to do, and says so. */
export async function sameCommit(stage: Stage): Promise<void> {
  const { check } = stage;
  const again = await push(stage, 'push 3', undefined);
  check(/image exists/i.test(logOf(again, 'bake')), 'bake finds the image and says so');
  check(/no change/i.test(logOf(again, 'provision')), 'provision changes nothing and says so');
  check(/nothing uploaded/i.test(logOf(again, 'package')), 'package uploads nothing and says so');
  check(/nothing to release/i.test(logOf(again, 'release')), 'release deploys nothing and says so');
}

async function push(stage: Stage, name: string, files: Files | undefined): Promise<EndedPipeline> {
  return await pipeline(stage, name, jobs, (watch) => stage.site.push(files, 'Say it better', watch));
}

async function askLoadBalancer({ site, check }: Stage): Promise<Answer> {
  const { host } = site;
  const nobody = `nobody.${host.slice(host.indexOf('.') + 1)}`;
  const [shop, unknown, plain] = await Promise.all([site.ask(host), site.ask(nobody), site.askPlain(host)]);
  const { status } = shop;
  check(status === 200, `https://${host} answers ${status}: ${revisionOf(shop)} on ${shop.headers['x-instance']}`);
  check(
    unknown.status === 503 && unknown.body === 'host not found',
    `an unknown host answers ${unknown.status} "${unknown.body}"`,
  );
  const { location } = plain.headers;
  check(
    plain.status === 301 && String(location).startsWith(`https://${host}`),
    `port 80 answers ${plain.status} to ${location}`,
  );
  return shop;
}

function revisionOf(answer: Answer): string {
  return String(answer.headers['x-revision']).slice(0, 12);
}

function logOf(result: EndedPipeline, job: string): string {
  return result.jobs.find(({ name }) => name === job)?.log ?? '';
}
