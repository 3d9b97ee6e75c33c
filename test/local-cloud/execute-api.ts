/**
 * Where the local cloud answers for the URL of a REST API's stage, as a stack's output has it:
 * `https://ID.execute-api.REGION.amazonaws.com/STAGE/…`. The endpoint is one for all APIs, so the id is in the path.
 */
export function executeApiUrl(endpoint: string, url: string): string {
  const { hostname, pathname, search } = new URL(url);
  const [id = '', service] = hostname.split('.');
  if (service !== 'execute-api') throw new Error(`${url} is not the URL of a REST API's stage`);
  return `${endpoint}/_aws/execute-api/${id}${pathname}${search}`;
}
