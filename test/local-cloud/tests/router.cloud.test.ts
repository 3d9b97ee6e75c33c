import { request } from 'node:http';
import {
  CreateListenerCommand,
  CreateRuleCommand,
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { issueCertificate } from '../certificate.ts';
import { clientConfig } from '../clients.ts';
import { eventually, Fleet } from './fleet.ts';

const account = '610000000005';
const { endpoint, router } = inject('localCloud');
const fleet = new Fleet(endpoint, account);
const stacks = new Stacks(clientConfig(endpoint, account));

/** Answers with the request it got. */
const echo = `#!/usr/bin/python3
import http.server, json, os, socket
class Echo(http.server.BaseHTTPRequestHandler):
    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        said = {"method": self.command, "path": self.path, "headers": dict(self.headers.items()),
                "body": self.rfile.read(size).decode(), "on": socket.gethostname()}
        text = json.dumps(said).encode()
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.end_headers()
        self.wfile.write(text)
        if self.path == "/quit":
            os._exit(0)
    do_GET = do_POST = answer
address = socket.gethostbyname(socket.gethostname())
http.server.ThreadingHTTPServer((address, 8080), Echo).serve_forever()
`;

interface Reply {
  status: number | undefined;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

interface Echoed {
  method: string;
  path: string;
  body: string;
  on: string;
  headers: Record<string, string>;
}

/** A request with a Host of its own, which fetch does not allow. */
function ask(url: string, headers: Record<string, string>, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { headers, method: body === undefined ? 'GET' : 'POST' }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

let https: string;

async function rule(priority: number, conditions: object[], action: object): Promise<void> {
  const command = { ListenerArn: https, Priority: priority, Conditions: conditions, Actions: [action] };
  await fleet.balancing.send(new CreateRuleCommand(command as never));
}

const host = (...Values: string[]) => ({ Field: 'host-header', HostHeaderConfig: { Values } });
const path = (...Values: string[]) => ({ Field: 'path-pattern', PathPatternConfig: { Values } });
const fixed = (MessageBody: string) => ({
  Type: 'fixed-response' as const,
  FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody },
});
const forward = (TargetGroupArn: string) => ({ Type: 'forward', TargetGroupArn });

beforeAll(async () => {
  const CertificateArn = await issueCertificate(endpoint, account, '*.router.test');
  const listener = (Port: number, Protocol: string, action: object) => ({
    Type: 'AWS::ElasticLoadBalancingV2::Listener',
    Properties: {
      LoadBalancerArn: { Ref: 'Balancer' },
      Port,
      Protocol,
      DefaultActions: [action],
      ...(Protocol === 'HTTPS' ? { Certificates: [{ CertificateArn }] } : {}),
    },
  });
  const notFound = { StatusCode: '503', ContentType: 'text/plain', MessageBody: 'host not found' };
  const stack = await stacks.create('balancer', {
    resources: {
      Balancer: {
        Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
        Properties: { Name: 'router-test', Subnets: fleet.subnets },
      },
      Http: listener(80, 'HTTP', {
        Type: 'redirect',
        RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' },
      }),
      Https: listener(443, 'HTTPS', { Type: 'fixed-response', FixedResponseConfig: notFound }),
    },
    outputs: { Https: { Ref: 'Https' } },
  });
  expect(stack.failures).toEqual([]);
  https = String(stack.outputs.Https);

  const [shop, empty, deaf] = [
    await fleet.targetGroup('router-shop', { HealthCheckPath: '/' }),
    await fleet.targetGroup('router-empty'),
    await fleet.targetGroup('router-deaf', { Port: 9 }),
  ];
  await rule(1, [host('shop.router.test', '*.shop.router.test')], forward(shop));
  await rule(2, [host('empty.router.test')], forward(empty));
  await rule(3, [host('deaf.router.test')], forward(deaf));
  await rule(4, [host('paths.router.test'), path('/img/*')], {
    Type: 'fixed-response',
    FixedResponseConfig: { StatusCode: '418' },
  });
  await rule(
    5,
    [host('odd.router.test'), { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'page', Value: '1' }] } }],
    forward(shop),
  );
  const members = await Promise.all([1, 2].map(() => fleet.run({ UserData: btoa(echo) })));
  const Targets = members.map(({ InstanceId }) => ({ Id: InstanceId }));
  await fleet.balancing.send(new RegisterTargetsCommand({ TargetGroupArn: shop, Targets }));
  await fleet.balancing.send(new RegisterTargetsCommand({ TargetGroupArn: deaf, Targets }));
  await eventually(async () => Object.values(await fleet.health(shop)).join() === 'healthy,healthy');
  await eventually(async () => Object.values(await fleet.health(deaf)).join() === 'unhealthy,unhealthy');
});

describe('a request for a host with a rule', () => {
  test('reaches the targets in turn, with the headers of an ALB', async () => {
    const asked = () =>
      ask(`${router.https}/a/b?c=d&e=%20`, { Host: 'shop.router.test', 'X-Forwarded-For': '192.0.2.1' });
    const [one, two] = [await asked(), await asked()];
    expect(one.status).toBe(200);
    expect(one.headers).toMatchObject({
      'x-vendhost-local': 'https listener over plain http',
      'set-cookie': ['a=1', 'b=2'],
    });
    const said = JSON.parse(one.text) as Echoed;
    expect(said).toMatchObject({ method: 'GET', path: '/a/b?c=d&e=%20' });
    expect(said.headers).toMatchObject({
      Host: 'shop.router.test',
      'X-Forwarded-For': '192.0.2.1, 127.0.0.1',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Port': '443',
      'X-Amzn-Trace-Id': expect.stringMatching(/^Root=1-/),
    });
    expect((JSON.parse(two.text) as Echoed).on).not.toBe(said.on);
  });

  test('carries its body, and the answer its status; wildcards match', async () => {
    const posted = await ask(`${router.https}/`, { Host: 'www.shop.router.test' }, 'hello');
    expect(JSON.parse(posted.text)).toMatchObject({ method: 'POST', body: 'hello' });
    expect((await ask(`${router.https}/missing`, { Host: 'shop.router.test' })).status).toBe(404);
  });

  test.each([
    ['503 without targets', 'empty.router.test', 503],
    ['502 when no target answers', 'deaf.router.test', 502],
    ['500 for a condition the router cannot play', 'odd.router.test', 500],
  ])('ends with %s', async (_, Host, status) => {
    const reply = await ask(`${router.https}/`, { Host });
    expect(reply.status).toBe(status);
    if (status === 502) expect(reply.headers['x-vendhost-reason']).toMatch(/^i-\w+ \(unhealthy\) at .* refused$/);
    if (status === 500) expect(reply.text).toContain('rules with the condition query-string are not supported');
  });

  test('meets all conditions of a rule', async () => {
    expect((await ask(`${router.https}/img/a.png`, { Host: 'paths.router.test' })).status).toBe(418);
    expect((await ask(`${router.https}/css/a.css`, { Host: 'paths.router.test' })).status).toBe(503);
  });
});

test('a target that is registered again, however soon, is checked anew', async () => {
  // It is healthy for a long time after it does not answer any more.
  const group = await fleet.targetGroup('router-again', { HealthCheckPath: '/', UnhealthyThresholdCount: 10 });
  await rule(6, [host('again.router.test')], forward(group));
  const { InstanceId: Id } = await fleet.run({ UserData: btoa(echo) });
  const target = { TargetGroupArn: group, Targets: [{ Id }] };
  await fleet.balancing.send(new RegisterTargetsCommand(target));
  await eventually(async () => Object.values(await fleet.health(group)).join() === 'healthy');
  await ask(`${router.https}/quit`, { Host: 'again.router.test' });
  await fleet.balancing.send(new DeregisterTargetsCommand(target));
  await fleet.balancing.send(new RegisterTargetsCommand(target));
  expect(['initial', 'unhealthy']).toContain(Object.values(await fleet.health(group)).join());
});

test('of two load balancers in a network, the one with a rule for the host answers', async () => {
  // Older than the second one, and with a pattern that fits its host as well.
  await rule(50, [host('*.two.router.test')], fixed('first'));
  const second = await fleet.listener('router-second');
  const { Listeners } = await fleet.balancing.send(new DescribeListenersCommand({ ListenerArns: [second] }));
  const { Listeners: made } = await fleet.balancing.send(
    new CreateListenerCommand({
      LoadBalancerArn: Listeners?.[0]?.LoadBalancerArn,
      Port: 443,
      Protocol: 'HTTPS',
      Certificates: [{ CertificateArn: await issueCertificate(endpoint, account, '*.router.test') }],
      DefaultActions: [fixed('none')],
    }),
  );
  await fleet.balancing.send(
    new CreateRuleCommand({
      ListenerArn: made?.[0]?.ListenerArn,
      Priority: 1,
      Conditions: [host('exact.two.router.test')],
      Actions: [fixed('second')],
    }),
  );
  const answer = async (Host: string) => (await ask(`${router.https}/`, { Host })).text;
  expect(await answer('exact.two.router.test')).toBe('second');
  expect(await answer('other.two.router.test')).toBe('first');
});

test('an unknown host gets the default answer of a named load balancer', async () => {
  const reply = await ask(`${router.https}/`, { Host: 'nobody.test', 'X-Vendhost-Load-Balancer': 'router-test' });
  expect(reply).toMatchObject({ status: 503, text: 'host not found' });
});

test('port 80 redirects to HTTPS', async () => {
  const reply = await ask(`${router.http}/x?y=1`, {
    Host: 'shop.router.test',
    'X-Vendhost-Load-Balancer': 'router-test',
  });
  expect(reply.status).toBe(301);
  expect(reply.headers.location).toBe('https://shop.router.test:443/x?y=1');
  expect(reply.headers).not.toHaveProperty('x-vendhost-local');
});

test('a load balancer nobody made is said to be missing', async () => {
  const reply = await ask(`${router.http}/`, { Host: 'x.test', 'X-Vendhost-Load-Balancer': 'nobody' });
  expect(reply).toMatchObject({ status: 503, text: expect.stringContaining('no load balancer has a HTTP listener') });
});
