import { execa } from 'execa';
import { clientConfig } from '../../local-cloud/clients.ts';
import { pythonWith } from '../../local-cloud/python.ts';

/** Runs the `aws` command line as an account's administrator, as a person would; returns what it prints. */
export type AwsCli = (...words: string[]) => Promise<string>;

/** The AWS command line against a local cloud; installed on first use. */
export async function awsCli(endpoint: string, account: string, say: (line: string) => void): Promise<AwsCli> {
  const { region, credentials } = clientConfig(endpoint, account);
  const keys = { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey };
  return await awsCliWith({ AWS_ENDPOINT_URL: endpoint, AWS_DEFAULT_REGION: region, ...keys }, say);
}

/** The same with variables that say where, and whose credentials. */
export async function awsCliWith(env: Readonly<Record<string, string>>, say: (line: string) => void): Promise<AwsCli> {
  const python = await pythonWith('requirements.txt', say, import.meta.dirname);
  return async (...words) => {
    say(`$ aws ${words.join(' ')}`);
    const { stdout } = await execa(python, ['-m', 'awscli', ...words, '--output', 'text'], {
      env: { ...env, AWS_PAGER: '' },
      timeout: 3_000_000,
    });
    return stdout;
  };
}
