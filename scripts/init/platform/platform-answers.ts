import { type Environment, environments } from '../../config/environment.ts';
import { chosenIn, valueIn, wordsIn } from '../by-environment.ts';
import type { Answers } from '../questions.ts';

export interface EnvironmentStart {
  readonly name: Environment;
  readonly account: string;
  readonly region: string;
  readonly domain: string;
  /** Absent while none was requested. */
  readonly certificate?: string;
  /** ARN of the role that administrators assume in the account. */
  readonly role?: string;
  readonly cidr: string;
}

/** Somebody's answers about a platform. */
export interface PlatformStart {
  readonly name: string;
  readonly gitlab: string;
  readonly project: string;
  readonly library: string;
  readonly environments: readonly EnvironmentStart[];
  /** Networks of runners outside of the VPC. */
  readonly runners: readonly string[];
  readonly tags: readonly string[];
  readonly productionBranch: string;
  readonly tenant?: { readonly name: string; readonly project: string };
}

/** Reads answers that passed their checks. */
export function platformStart(answers: Answers): PlatformStart {
  const text = (key: string) => answers[key] ?? '';
  const tenant = text('tenant');
  return {
    name: text('name'),
    gitlab: text('gitlab'),
    project: text('project'),
    library: text('library'),
    environments: chosenIn(text('environments')).map((name) => environmentStart(name, text)),
    runners: wordsIn(text('runners')),
    tags: wordsIn(text('tags')),
    productionBranch: text('production-branch'),
    ...(tenant === '' ? {} : { tenant: { name: tenant, project: text('tenant-project') } }),
  };
}

function environmentStart(name: Environment, text: (key: string) => string): EnvironmentStart {
  const value = (key: string) => valueIn(text(key), name);
  const account = value('account') ?? '';
  const certificate = value('certificate');
  const role = text('role');
  return {
    name,
    account,
    region: value('region') ?? '',
    domain: domainOf(text('domain'), name),
    ...(certificate === undefined ? {} : { certificate }),
    ...(role === '' ? {} : { role: `arn:aws:iam::${account}:role/${role.replace(/^\//, '')}` }),
    // A separate private /16 for each.
    cidr: `10.${10 * (environments.indexOf(name) + 1)}.0.0/16`,
  };
}

/** One domain is production's; `dev` and `staging` are below it. */
function domainOf(answer: string, name: Environment): string {
  const value = valueIn(answer, name) ?? '';
  const isShared = wordsIn(answer).length === 1 && value === answer.trim();
  return isShared && name !== 'production' ? `${name}.${value}` : value;
}
