/**
 * Why a text cannot be one unquoted word of a command line: white space, or a shell metacharacter. The agent
 * builds such lines from hooks' locations, and from the paths whose ACLs and SELinux contexts it sets
 * (https://github.com/aws/aws-codedeploy-agent/blob/v1.8.1/lib/instance_agent/plugins/codedeploy/install_instruction.rb).
 */
export function shellSign(text: string): string | undefined {
  const sign = /[ \t\n\r\f\v"'`$&|;<>()*?[\\]/.exec(text)?.[0];
  return sign !== undefined && /\s/.test(sign) ? 'a space' : sign;
}
