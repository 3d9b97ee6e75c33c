import { stringify } from 'yaml';
import type { Role, Statement, Trust } from './read-role.ts';

const head = `# Written by roles.test.ts (npx vitest run --project unit test/cdk/roles.test.ts -u) and reviewed by people: a difference is
# a change of what somebody may do. \${Partition}, \${Account} and \${Region} stand for those of the environment.
`;

/** A role or policy as a file to be reviewed; the order of the code does not matter. */
export function reviewFile({ statements, ...rest }: Role | { readonly statements: readonly Statement[] }): string {
  const sorted = [...statements].sort((a, b) => compare(a.sid, b.sid)).map(orderedStatement);
  const trust = 'trust' in rest ? { trust: orderedTrust(rest.trust) } : {};
  const text = stringify({ ...rest, ...trust, statements: sorted }, { lineWidth: 0 });
  return (
    head +
    text
      .replaceAll('arn:aws:', `arn:\${Partition}:`)
      .replaceAll('111111111111', `\${Account}`)
      .replaceAll('eu-west-1', `\${Region}`)
      // A statement a paragraph.
      .replaceAll(/(?<!statements:)\n {2}- sid:/g, '\n\n  - sid:')
  );
}

function orderedTrust({ principal, action, conditions }: Trust): object {
  return { principal, action, ...(conditions === undefined ? {} : { conditions: ordered(conditions) }) };
}

function orderedStatement({ sid, effect, because, actions, resources, conditions }: Statement): object {
  return {
    sid,
    effect,
    ...(because === undefined ? {} : { because }),
    actions: [...actions].sort(compare),
    resources: [...resources].sort(compare),
    ...(conditions === undefined ? {} : { conditions: ordered(conditions) }),
  };
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return [...value].sort(compare);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => compare(a, b));
  return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner)]));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
