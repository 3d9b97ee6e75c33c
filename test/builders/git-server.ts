import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** Repositories of a folder over HTTP, as GitLab serves them: for a user with a password, and nobody else. */
export interface GitServer {
  readonly address: string;
  stop(): Promise<void>;
}

/** @param mayRead whether these credentials may read the repository of a path */
export async function startGitServer(
  directory: string,
  mayRead: (path: string, user: string, password: string) => boolean,
): Promise<GitServer> {
  const server = createServer((request, response) => {
    const [user = '', password = ''] = credentialsOf(request);
    const path = /^\/(.+)\.git\//.exec(request.url ?? '')?.[1] ?? '';
    if (mayRead(path, user, password)) return backend(directory, request, response);
    response.writeHead(401, { 'www-authenticate': 'Basic realm="GitLab"' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    address: `http://127.0.0.1:${port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function credentialsOf({ headers }: IncomingMessage): string[] {
  const [, encoded = ''] = (headers.authorization ?? '').split(' ');
  return Buffer.from(encoded, 'base64').toString().split(':');
}

/** https://git-scm.com/docs/git-http-backend, which answers as CGI programs do. */
function backend(directory: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const env = {
    ...process.env,
    GIT_PROJECT_ROOT: directory,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: pathname,
    QUERY_STRING: search.slice(1),
    REQUEST_METHOD: request.method ?? 'GET',
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    HTTP_GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    REMOTE_USER: 'deploy-token',
  };
  const program = spawn('git', ['http-backend'], { env });
  request.pipe(program.stdin);
  const chunks: Buffer[] = [];
  program.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  program.on('close', () => {
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf('\r\n\r\n');
    const lines = answer.subarray(0, end).toString().split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => line.split(': ', 2)));
    response.writeHead(Number(headers.Status?.slice(0, 3) ?? 200), headers).end(answer.subarray(end + 4));
  });
}
