import { describe, expect, test } from 'vitest';
import { checkSize, templateLimitBytes } from '../../../scripts/stack/assembly.ts';
import { sendTo } from '../../../scripts/stack/endpoint.ts';

const template = (bytes: number) => ({
  Resources: { A: { Type: 'AWS::SSM::Parameter', Properties: { Value: 'x'.repeat(bytes) } } },
});

describe('checkSize', () => {
  test('a template that fits', () => {
    expect(() => checkSize('small', template(templateLimitBytes - 500))).not.toThrow();
  });

  test('a template that does not', () => {
    expect(() => checkSize('big', template(templateLimitBytes))).toThrow(
      expect.objectContaining({
        code: 'TEMPLATE_TOO_LARGE',
        message: expect.stringContaining('the template of big has'),
      }),
    );
  });
});

describe('sendTo', () => {
  async function sent(endpoint: string) {
    const requests: object[] = [];
    const handler = sendTo(new URL(endpoint), {
      async handle(request) {
        requests.push({ ...request });
      },
    });
    await handler.handle({ protocol: 'https:', hostname: 'sts.eu-west-1.amazonaws.com', port: 443, path: '/' });
    return requests;
  }

  test('sends what was meant for AWS to the endpoint', async () => {
    expect(await sent('http://127.0.0.1:4566')).toEqual([
      { protocol: 'http:', hostname: '127.0.0.1', port: 4566, path: '/' },
    ]);
  });

  test('an endpoint without a port has that of its scheme', async () => {
    expect(await sent('https://cloud.example.com')).toEqual([
      { protocol: 'https:', hostname: 'cloud.example.com', path: '/' },
    ]);
  });
});
