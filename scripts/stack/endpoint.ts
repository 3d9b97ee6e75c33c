import type { IBaseCredentialsProvider } from '@aws-cdk/toolkit-lib';
import type { Aws } from '../aws/session.ts';

/** Where a request goes; part of the SDK's `HttpRequest`. */
interface Destination {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
}

interface Handler {
  handle(request: Destination, options?: unknown): Promise<unknown>;
}

/**
 * Gives the CDK toolkit the account, region and endpoint of `aws`. The toolkit takes no endpoint: its clients find
 * `AWS_ENDPOINT_URL` in the process by themselves. So that it can never talk to another cloud than the rest of the
 * command, its requests pass a handler that sends them where `aws` sends its own.
 */
export function toolkitCredentials(aws: Aws): IBaseCredentialsProvider {
  return {
    async sdkBaseConfig(_ioHost, clientConfig) {
      if (aws.endpoint !== undefined) {
        const handler: Handler = (await aws.cloudFormation()).config.requestHandler;
        // The SDK accepts a handler wherever it accepts handler settings; the toolkit's type only names the settings.
        clientConfig.requestHandler = sendTo(new URL(aws.endpoint), handler) as object;
      }
      return { credentialProvider: aws.credentials, defaultRegion: aws.region };
    },
  };
}

/** A handler that sends every request to `endpoint`, whatever host it was made for. */
export function sendTo(endpoint: URL, handler: Handler): Handler {
  const port = endpoint.port === '' ? undefined : Number(endpoint.port);
  return {
    handle(request, options) {
      request.protocol = endpoint.protocol;
      request.hostname = endpoint.hostname;
      if (port === undefined) delete request.port;
      else request.port = port;
      return handler.handle(request, options);
    },
  };
}
