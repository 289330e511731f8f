import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

function input(container: string, annotations = '{}', targetPort = 8080): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: gw, labels: {app: gw}, annotations: ${annotations}}
spec: {containers: [{name: proxy, image: x, ${container}}]}
---
apiVersion: v1
kind: Service
metadata: {name: gw}
spec: {selector: {app: gw}, ports: [{port: 80, targetPort: ${targetPort}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: c, image: x}]}
`;
}

/** The last line of a trace to the Service, cut to its verdict and reason. */
async function verdict(stdin: string, ...more: string[]): Promise<string> {
  const { stdout } = await podwalk(['trace', 'pod/client', 'svc/gw', '-f', '-', ...more], { stdin });
  return /verdict {2}(DELIVERED|REFUSED {2}NO_LISTENER)/.exec(stdout)?.[1] ?? stdout;
}

const METRICS = 'ports: [{name: metrics, containerPort: 15020}]';

describe('a port that no container declares', () => {
  it('is refused, and the text says that this is assumed and how to say otherwise', async () => {
    const { stdout } = await podwalk(['trace', 'pod/client', 'svc/gw', '-f', '-'], { stdin: input(METRICS) });
    expect(stdout).toContain('(assumed: nothing of the pod says that it does)');
    expect(stdout).toContain('the annotation podwalk.dev/listens: tcp/8080 says so');
  });

  it('is never mended by sending to the metrics port', async () => {
    const { stdout } = await podwalk(['trace', 'pod/client', 'svc/gw', '-f', '-'], { stdin: input(METRICS) });
    expect(stdout).not.toContain('mend');
    const web = input('ports: [{name: metrics, containerPort: 15020}, {name: web, containerPort: 8000}]');
    expect((await podwalk(['trace', 'pod/client', 'svc/gw', '-f', '-'], { stdin: web })).stdout).toContain(
      'targetPort: 8000 (verified: delivers)',
    );
  });

  it('answers with --listeners any', async () => {
    expect(await verdict(input(METRICS))).toBe('REFUSED  NO_LISTENER');
    expect(await verdict(input(METRICS), '--listeners', 'any')).toBe('DELIVERED');
  });

  it.each([
    ['a probe', 'readinessProbe: {httpGet: {port: 8080}}'],
    ['a lifecycle handler', 'lifecycle: {preStop: {httpGet: {port: 8080, path: /quit}}}'],
    ['an argument', 'args: ["--listen=:8080"]'],
    ['an argument with a flag for the port', 'args: [--http-port, "8080"]'],
    ['a command', 'command: [python3, -m, http.server, "8080"]'],
    ['a value of the environment', 'env: [{name: PORT, value: "8080"}]'],
  ])('answers where %s names it, and lint is content', async (_, evidence) => {
    const text = input(`${METRICS}, ${evidence}`);
    expect(await verdict(text)).toBe('DELIVERED');
    expect((await podwalk(['lint', '-f', '-'], { stdin: text })).stdout).not.toContain('PW322');
  });

  it.each([
    ['calls another host there', 'args: ["--upstream=http://backend:8080"]'],
    ['calls a database there', 'env: [{name: DB_HOST, value: db}, {name: DB_PORT, value: "8080"}]'],
    ['listens there on 127.0.0.1 alone', 'args: ["--admin=127.0.0.1:8080"]'],
    ['probes another host there', 'livenessProbe: {tcpSocket: {port: 8080, host: 192.0.2.1}}'],
  ])('is refused where the program %s', async (_, evidence) => {
    expect(await verdict(input(`${METRICS}, ${evidence}`))).toBe('REFUSED  NO_LISTENER');
  });
});

describe('the annotation podwalk.dev/listens', () => {
  it('says on which ports a pod listens beside the declared ones', async () => {
    expect(await verdict(input(METRICS, '{podwalk.dev/listens: "udp/53, tcp/8080"}'))).toBe('DELIVERED');
  });

  it('keeps a declared port to 127.0.0.1', async () => {
    const ports = 'ports: [{containerPort: 8080}]';
    expect(await verdict(input(ports))).toBe('DELIVERED');
    expect(await verdict(input(ports, '{podwalk.dev/listens: "tcp/127.0.0.1:8080"}'))).toBe(
      'REFUSED  NO_LISTENER',
    );
  });

  it('is an error with its place where it names no port', async () => {
    const stdin = input(METRICS, '{podwalk.dev/listens: "http"}');
    const ran = await podwalk(['get', 'pods', '-f', '-'], { stdin });
    expect(ran.code).toBe(2);
    expect(ran.stdout + ran.stderr).toContain('PW423');
  });
});
