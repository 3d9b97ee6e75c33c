/**
 * What keeps a text from being one word of a command line that nobody quotes: white space, or a sign of the shell. The agent
 * builds such lines of hooks' locations, and of the paths that it sets ACLs and SELinux contexts of
 * (https://github.com/aws/aws-codedeploy-agent/blob/v1.8.1/lib/instance_agent/plugins/codedeploy/install_instruction.rb).
 */
export function shellSign(text: string): string | undefined {
  const sign = /[ \t\n\r\f\v"'`$&|;<>()*?[\\]/.exec(text)?.[0];
  return sign !== undefined && /\s/.test(sign) ? 'a space' : sign;
}
