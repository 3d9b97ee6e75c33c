import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { awsError } from '../../../scripts/aws/foreseen-errors.ts';

/**
 * The SDK calls an error that AWS's model has by the name of its shape, `IDPRejectedClaimException`, and one that it has not by the code in the answer.
 * Services of the query protocol have another code, `IDPRejectedClaim`, for the former (`awsQueryError`,
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsqueryerror-trait): who compares names with that code never meets it.
 */
const root = join(import.meta.dirname, '../../..');
const dependencies: object = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies;
const clients = Object.keys(dependencies).filter((name) => name.startsWith('@aws-sdk/client-'));

/** Codes that the service which answers with them does not model, whether another one does or not. */
const unmodelled = new Map([
  [
    'InvalidSignatureException',
    'all: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html',
  ],
  ['Throttling', 'CloudFormation: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html'],
  ['ValidationError', 'CloudFormation, the same page'],
]);

/** An error of a client's model: kind, namespace, name, traits. */
type ErrorShape = readonly [-3, string, string, { readonly awsQueryError?: readonly [code: string, status: number] }];
const shapes: ErrorShape[] = [];

beforeAll(async () => {
  for (const client of clients) {
    const sdk: object = await import(client);
    shapes.push(...Object.values(sdk).filter((each): each is ErrorShape => Array.isArray(each) && each[0] === -3));
  }
}, 60_000);

const words = globSync('scripts/**/*.ts', { cwd: root }).flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/'([A-Z][A-Za-z.]+)'/g)].map(([, word = '']) => ({ file, word })),
);

describe('names of errors in scripts/', () => {
  test('are those of the SDK, not the codes that it reads them from', () => {
    const names = new Set(shapes.map(([, , name]) => name));
    const codes = new Map(shapes.map(([, , name, { awsQueryError }]) => [awsQueryError?.[0] ?? name, name]));
    expect(codes.get('IDPRejectedClaim')).toBe('IDPRejectedClaimException');
    const wrong = words.filter(({ word }) => codes.has(word) && !names.has(word) && !unmodelled.has(word));
    expect(wrong.map(({ file, word }) => `${file}: ${word} is ${codes.get(word)}`)).toEqual([]);
    expect([...unmodelled.keys()].filter((each) => !words.some(({ word }) => word === each))).toEqual([]);
  });

  test('that end as those of a model do are in a model', () => {
    const names = new Set(shapes.map(([, , name]) => name));
    const unknown = words.filter(
      ({ word }) => /.(Exception|Fault)$/.test(word) && !names.has(word) && !unmodelled.has(word),
    );
    expect(unknown.map(({ file, word }) => `${file}: ${word}`)).toEqual([]);
  });
});

test.each(['IDPCommunicationError', 'IDPRejectedClaim', 'InvalidIdentityToken'])(
  "%s of STS says that the job's ID token is refused",
  async (code) => {
    const sts = await import('@aws-sdk/client-sts');
    const shape = shapes.find(([, , , { awsQueryError }]) => awsQueryError?.[0] === code);
    const named = sts[shape?.[2] as 'IDPRejectedClaimException'];
    const thrown = new named({ message: 'no', $metadata: { httpStatusCode: 400 } });
    expect(awsError(thrown, { VENDHOST_ID_TOKEN: 'token' })?.code).toBe('ROLE_REFUSED');
  },
);
