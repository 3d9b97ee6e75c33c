/**
 * The templates of a tenant that has a project for each half, made of tenant.gitlab-ci.yml: its inputs, hidden jobs and jobs without those of the
 * other half. An include of the one in the other would hand every input on, and could leave out no job; a copy would be forgotten.
 */
interface HalfTemplate {
  readonly half: 'infrastructure' | 'software';
  readonly purpose: string;
  /** Jobs of the tenant's template that it has not. */
  readonly without: readonly string[];
}

const halfTemplates: readonly HalfTemplate[] = [
  {
    half: 'infrastructure',
    purpose:
      "The pipeline of a tenant's project with infrastructure/, where the software has another: each pipeline of an environment's branch ends with that commit's machine deployed.",
    without: ['package', 'release'],
  },
  {
    half: 'software',
    purpose:
      "The pipeline of a tenant's project with the software, where infrastructure/ has another: each pipeline of an environment's branch ends with that commit's software deployed.",
    without: ['bake', 'provision'],
  },
];

/** File name → text, of both, from the text of tenant.gitlab-ci.yml. */
export function halfTemplateFiles(tenant: string): Readonly<Record<string, string>> {
  return Object.fromEntries(halfTemplates.map((half) => [`${half.half}.gitlab-ci.yml`, cut(tenant, half)]));
}

function cut(tenant: string, { half, purpose, without }: HalfTemplate): string {
  const [head = '', body = ''] = tenant.split('\n---\n');
  const gone = [...without.flatMap((job) => [`vendhost-${job}`, `]]${job}`]), 'vendhost-changed'];
  // Blocks of a name each, with the comment before it; the blank lines between them are those of the file.
  const blocks = body.split('\n\n').filter((block) => {
    const [name = ''] = block.split('\n').filter((line) => !line.startsWith('#'));
    return !gone.some((each) => name.endsWith(`${each}":`));
  });
  const kept = blocks.join('\n\n');
  return `${header(head, half, purpose)}\n---\n${only(kept, half, without)}`;
}

/** The comment and the inputs, without the one that says when bake and provision run: here in every pipeline. */
function header(head: string, half: string, purpose: string): string {
  const [, rest = ''] = split(head, '#\n');
  return `# ${purpose}
# Made of tenant.gitlab-ci.yml by \`npm run docs\`.
#
${rest.replaceAll('vendhost/tenant@', `vendhost/${half}@`).replaceAll('/tenant.gitlab-ci.yml', `/${half}.gitlab-ci.yml`)}`.replace(
    / {4}infrastructure:\n(?: {6}.*\n)+/,
    '',
  );
}

function only(body: string, half: string, without: readonly string[]): string {
  return `${body.trimEnd()}\n`
    .replaceAll('vendhost-$[[ inputs.infrastructure ]]"', 'vendhost-always"')
    .replace(/ {4}# Pipelines without provision.*\n(?: {4}- if: .*\n {6}variables: .*REQUIRE_PROVISIONED.*\n)+/, '')
    .replaceAll(
      new RegExp(
        ` {4}- \\{ job: "\\$\\[\\[ inputs\\.job_prefix \\]\\](?:${without.join('|')})", optional: true \\}\\n`,
        'g',
      ),
      '',
    )
    .replace(
      '# The same group as provision: one change',
      "# A group is a project's: it does not hold jobs of the other half's project. One change",
    )
    .replace(/( {4}VENDHOST_TENANT: .*\n)/, `$1    VENDHOST_HALF: ${half}\n`);
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
