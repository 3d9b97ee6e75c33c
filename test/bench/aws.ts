import { execa } from 'execa';

/** The version of the AWS CLI; ends the process when there is none to compare with. */
export async function awsVersion(): Promise<string> {
  const { exitCode, stdout } = await execa('aws', ['--version'], { reject: false });
  if (exitCode === 0) return stdout.trim();
  console.error('cannot measure: `aws --version` does not run here; install the AWS CLI (pip install awscli) first');
  process.exit(1);
}
