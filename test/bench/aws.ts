import { execa } from 'execa';

/** The version of the AWS CLI; ends the process when there is none to compare with. */
export async function awsVersion(): Promise<string> {
  return await toolVersion('aws', 'pip install awscli');
}

/** What a tool says of its version; ends the process when there is none to compare with. */
export async function toolVersion(tool: string, install: string): Promise<string> {
  const { exitCode, stdout } = await execa(tool, ['--version'], { reject: false });
  if (exitCode === 0) return stdout.trim();
  console.error(`cannot measure: \`${tool} --version\` does not run here; install it (${install}) first`);
  process.exit(1);
}
