import { defaultBranches } from '../../config/environment.ts';
import { yamlText } from '../yaml-text.ts';
import type { EnvironmentStart, PlatformStart } from './platform-answers.ts';

/** Stands for a certificate that is not requested yet: a deploy refuses it, and says how to request one. */
const noCertificate = '00000000-0000-0000-0000-000000000000';

/** One environment of platform.yml. The keys are explained in the first only. */
export function environmentText(
  { runners, productionBranch }: Pick<PlatformStart, 'runners' | 'productionBranch'>,
  { name, account, region, domain, certificate, role, cidr }: EnvironmentStart,
  isFirst: boolean,
): string {
  const said = (...lines: string[]) => (isFirst ? lines.map((line) => `    # ${line}`) : []);
  const isProduction = name === 'production';
  const organizationRole = `arn:aws:iam::${account}:role/OrganizationAccountAccessRole`;
  const lines = [
    `  ${name}:`,
    ...said("Pushes to this branch of a tenant's project reach the environment."),
    `    branch: ${isProduction ? yamlText(productionBranch) : defaultBranches[name]}`,
    `    account: "${account}"`,
    `    region: ${region}`,
    ...said('For administrators with credentials of another account, who may assume it; jobs have roles of their own.'),
    role === undefined ? `    # role: ${organizationRole}` : `    role: ${role}`,
    ...said('A private /16 that nothing else of yours uses. Choose it before the first deploy.'),
    `    cidr: ${cidr}`,
    ...said(`Hosts of tenants are in it, like shop.${domain}.`),
    `    domain: ${domain}`,
    ...said(`For ${domain} and *.${domain}, issued by ACM in this account and region.`),
    ...(certificate === undefined ? requestLines(region, domain) : []),
    `    certificate: ${certificate ?? `arn:aws:acm:${region}:${account}:certificate/${noCertificate}`}`,
    ...said('One NAT gateway, or one in each zone (per-zone): docs/costs.md of Vendhost.'),
    `    nat: ${isProduction ? 'per-zone' : 'one'}`,
    ...said(
      'How jobs reach the instances that bake images: by private addresses, from inside of the VPC or a network connected to',
      'it; or by public ones (public) from the networks in `runners`.',
    ),
    '    builders:',
    ...(runners.length === 0
      ? ['      access: private', ...said('  runners: [203.0.113.7/32]')]
      : ['      access: public', `      runners: [${runners.join(', ')}]`]),
    ...said('Each address gets a mail from SNS once, and confirms.', `alerts: [operations@${domain}]`),
    ...said('true: CodePipeline waits in each release until somebody approves it.'),
    '    approval: false',
  ];
  return `${lines.join('\n')}\n`;
}

function requestLines(region: string, domain: string): string[] {
  return [
    '    # There is no certificate of this number. Request one, and write its ARN here:',
    `    #   aws acm request-certificate --region ${region} --domain-name ${domain} \\`,
    `    #     --subject-alternative-names '*.${domain}' --validation-method DNS`,
  ];
}
