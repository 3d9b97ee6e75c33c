/** How an SDK client of this account reaches the local cloud. */
export function clientConfig(endpoint: string, account: string, region = 'eu-west-1') {
  return {
    endpoint,
    region,
    credentials: { accessKeyId: account, secretAccessKey: 'local-cloud' },
  };
}

/** `fetch` repeats nothing, and a connection that was used before may be closed at the moment of the call. */
const ownConnection = { connection: 'close' };

/** Calls an operation of a service the project has no SDK client for (it speaks JSON 1.1); returns the answer. */
export async function callJson(
  endpoint: string,
  account: string,
  target: string,
  body: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      ...ownConnection,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/eu-west-1/${target.split('_')[0]}/aws4_request`,
    },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

/** The same for a service that speaks the Query protocol; returns the answer's XML. */
export async function callQuery(
  endpoint: string,
  account: string,
  service: string,
  parameters: Record<string, string>,
): Promise<string> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      ...ownConnection,
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/eu-west-1/${service}/aws4_request`,
    },
    body: new URLSearchParams(parameters),
  });
  return response.text();
}
