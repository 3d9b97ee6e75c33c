import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Finding, Verdict } from './findings.ts';
import type { World } from './iam/world.ts';

const report = z.object({
  issue: z.string(),
  title: z.string(),
  detail: z.unknown(),
  location: z.object({ filepath: z.string() }),
});

const folder = 'iam';

/** What parliament is called with: a linter of IAM policies (https://github.com/duo-labs/parliament). */
export const parliamentCall = {
  program: 'parliament',
  args: ['--directory', folder, '--json', '--minimum_severity', 'MEDIUM'],
  env: {},
};

/** Writes the policies of the platform's roles and of one tenant, each under the name of its role; returns how many. */
export async function writePolicies(directory: string, { roles }: World): Promise<number> {
  await mkdir(join(directory, folder));
  const judged = [...roles.values()].filter(({ name }) =>
    /^vendhost-(platform-dev|dev-(shop|builder))-?[a-z]*$/.test(name),
  );
  const policies = judged.flatMap(({ name, policies, boundary }) => [
    ...Object.entries(policies).map(([policy, document]) => [`${name}.${policy.split('/').at(-1)}`, document] as const),
    ...(boundary === undefined ? [] : [['vendhost-dev-boundary', boundary] as const]),
  ]);
  const files = new Map(policies);
  for (const [name, document] of files)
    await writeFile(join(directory, folder, `${name}.json`), JSON.stringify(document, readable));
  return files.size;
}

/** Parliament ends at a key whose values are lists of ARNs, like `autoscaling:TargetGroupARNs`: it does not know the type. */
function readable(key: string, value: unknown): unknown {
  return key === 'ForAllValues:ArnLike' ? undefined : value;
}

/** Reads parliament's report: a line of JSON for each finding. */
export function readParliament(lines: string, policies: number): Verdict {
  const findings = lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): Finding => {
      const { issue, title, detail, location } = report.parse(JSON.parse(line));
      const file = location.filepath.split('/').at(-1) ?? '';
      const text = typeof detail === 'string' ? detail : JSON.stringify(detail);
      return {
        tool: 'parliament',
        file: `${folder}/${file}`,
        resource: file.split('.')[0] ?? '',
        check: issue,
        message: `${title} ${text}`,
      };
    });
  return { findings, seen: `${policies} policies` };
}
