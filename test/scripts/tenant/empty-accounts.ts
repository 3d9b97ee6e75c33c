import { refusal, type WireAnswer, type WireCall } from '../wire.ts';

const xml = (operation: string, inside: string) => ({
  status: 200,
  body: `<${operation}Response><${operation}Result>${inside}</${operation}Result></${operation}Response>`,
});

/** Responses of empty accounts that let anybody assume their roles. An access key is named after its account. */
export async function emptyAccounts(call: WireCall): Promise<WireAnswer> {
  if (call.operation === 'GetCallerIdentity') return xml(call.operation, `<Account>${call.accessKey}</Account>`);
  if (call.operation.startsWith('AssumeRole')) {
    const account = new URLSearchParams(call.body).get('RoleArn')?.split(':')[4];
    const keys = `<AccessKeyId>${account}</AccessKeyId><SecretAccessKey>a secret</SecretAccessKey><SessionToken>a session</SessionToken>`;
    const until = '<Expiration>2099-01-01T00:00:00Z</Expiration>';
    return xml(call.operation, `<Credentials>${keys}${until}</Credentials>`);
  }
  if (call.operation === 'GetParametersByPath') return { status: 200, body: '{"Parameters":[]}' };
  return refusal(call, 'ParameterNotFound');
}
