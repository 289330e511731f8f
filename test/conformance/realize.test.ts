import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/cluster/index.ts';
import { realizeScript, temporaryPrefix } from '../../src/lab/index.ts';
import { podwalk } from '../fixtures/cli.ts';
import { manifestCluster, topologyCluster } from '../support/lab-cluster.ts';
import { whatTheLabLacks } from './lab-missing.ts';
import { titleOf } from './real-tools.ts';

const missing = whatTheLabLacks('realize');
const real = it.skipIf(missing !== undefined);
const FOLDER = mkdtempSync(join(tmpdir(), 'podwalk-realize-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A script with a prefix of its own, and what runs it. */
function script(name: string, { world }: Cluster): { readonly file: string; readonly prefix: string } {
  const prefix = temporaryPrefix(`${name}-`);
  const file = join(FOLDER, `${name}.sh`);
  writeFileSync(file, realizeScript(world, { prefix }));
  return { file, prefix };
}

function sh(file: string, ...words: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync('sh', [file, ...words], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

/** What there is of a lab, and of its processes. */
function leftOf(prefix: string): string[] {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  const processes = spawnSync('pgrep', ['-af', prefix], { encoding: 'utf8' }).stdout;
  return [...stdout.split('\n'), ...processes.split('\n')].filter((line) => line.includes(prefix));
}

/** Runs `body` between `up` and `down`. */
function inLab(name: string, cluster: Cluster, body: (file: string) => void): void {
  const { file, prefix } = script(name, cluster);
  try {
    expect(sh(file, 'up')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^built: \d+ namespaces\n$/),
    });
    body(file);
  } finally {
    expect(sh(file, 'down')).toEqual({ code: 0, stdout: '', stderr: '' });
  }
  expect(leftOf(prefix)).toEqual([]);
}

/** A folder for the front of PATH with a program that stands before the real one. */
function withTool(name: string, body: string): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(FOLDER, 'tool-'));
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder, name), 0o755);
  return { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
}

const SCTP_AND_UDP = `
apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { nodeName: node1, containers: [{ name: c, image: c }] }
status: { phase: Running }
---
apiVersion: v1
kind: Pod
metadata: { name: server }
spec:
  nodeName: node2
  containers:
    - { name: s, image: s, ports: [{ containerPort: 53, protocol: UDP }, { containerPort: 53 }] }
status: { phase: Running }
---
apiVersion: v1
kind: Pod
metadata: { name: agent, namespace: kube-system }
spec:
  nodeName: node2
  hostNetwork: true
  containers: [{ name: a, image: a, ports: [{ containerPort: 161, hostPort: 161, protocol: UDP }] }]
status: { phase: Running }
`;

/** Asks over UDP and prints what comes back, and from where. */
const ASK_UDP =
  'import socket,sys; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(3); ' +
  's.sendto(b"x",(sys.argv[1],int(sys.argv[2]))); t,a=s.recvfrom(999); print(t.decode().strip(),"from",a[0])';

describe(titleOf('a cluster in the namespaces of the real kernel', missing), () => {
  real('is built, is asked, is looked at and is taken away again', () => {
    inLab('whole', topologyCluster('two-nodes'), (file) => {
      const asked = sh(file, 'exec', 'pod/client', 'curl', '-s', '--max-time', '5', 'http://10.96.0.10/');
      if (asked.code !== 127) expect(asked.stdout).toMatch(/^default\/web-[01]\|10\.244\.2\.2\|\d+\n$/);
      const route = sh(file, 'exec', 'node1', 'ip', 'route', 'get', '10.244.2.2');
      expect(route.stdout).toMatch(/^10\.244\.2\.2 via 10\.244\.2\.0 dev flannel\.1 src 10\.244\.1\.0 /);
      const status = sh(file, 'status');
      expect(status.code).toBe(0);
      expect(status.stdout).toMatch(/^pod default\/web-0: \S+ 10\.244\.1\.2\/24, processes: 1$/m);
      expect(sh(file, 'up')).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/are namespaces named \S+\* already/),
      });
      expect(sh(file, 'exec', 'nobody', 'true')).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^nothing here is called nobody/),
      });
      expect(sh(file, 'exec', 'web-0', 'sh', '-c', 'exit 7').code).toBe(7);
    });
  });

  real('says that it is not there', () => {
    const { file } = script('absent', topologyCluster('two-nodes'));
    expect(sh(file, 'status')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^switch lan: not built\n/),
    });
    expect(sh(file, 'exec', 'node1', 'true')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^node1 is not built/),
    });
    expect(sh(file, 'down')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  real('has listeners that answer datagrams from the address that was asked', () => {
    inLab('udp', manifestCluster(SCTP_AND_UDP), (file) => {
      const ask = (who: string, ip: string, port: string): string =>
        sh(file, 'exec', who, 'python3', '-c', ASK_UDP, ip, port).stdout;
      expect(ask('pod/client', '10.244.2.2', '53')).toMatch(
        /^default\/server\|10\.244\.1\.2\|\d+ from 10\.244\.2\.2\n$/,
      );
      // node2 would answer by flannel.1 and its address there.
      expect(ask('pod/client', '10.244.2.1', '161')).toMatch(
        /^kube-system\/agent\|\S+ from 10\.244\.2\.1\n$/,
      );
      expect(ask('node2', '127.0.0.1', '161')).toMatch(/^kube-system\/agent\|\S+ from 127\.0\.0\.1\n$/);
    });
  });

  real.each<[string, string, string]>([
    ['a rule that the kernel refuses', 'iptables-restore', 'exit 1'],
    [
      'a device that cannot be made',
      'ip',
      'case " $* " in *" -batch "*) exit 1;; esac; exec /usr/sbin/ip "$@"',
    ],
    ['a listener that does not start', 'python3', 'exit 1'],
  ])('leaves nothing behind after %s', (_, tool, body) => {
    const { file, prefix } = script('fails', topologyCluster('two-nodes'));
    const { status, stderr } = spawnSync('sh', [file, 'up'], { encoding: 'utf8', env: withTool(tool, body) });
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'not built: taking away what there is\n' });
    expect(leftOf(prefix)).toEqual([]);
  });

  real.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('leaves nothing behind after %s', async (signal, code) => {
    const { file, prefix } = script('stopped', topologyCluster('two-nodes'));
    // The first rules are slow, so that the signal meets a cluster that is half built.
    const env = withTool(
      'iptables-restore',
      'echo slow >&2; sleep 0.4; exec /usr/sbin/iptables-restore "$@"',
    );
    const child = spawn('sh', [file, 'up'], { stdio: ['ignore', 'ignore', 'pipe'], env });
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      if (said === '') child.kill(signal);
      said += data.toString();
    });
    const ended = await new Promise((resolve) => child.on('close', resolve));
    expect({ ended, said }).toEqual({ ended: code, said: 'slow\nnot built: taking away what there is\n' });
    expect(leftOf(prefix)).toEqual([]);
  });

  real('tells everything that is missing, with its Debian package, before it builds anything', () => {
    const { file } = script('bare', topologyCluster('two-nodes'));
    const folder = mkdtempSync(join(FOLDER, 'bare-'));
    const text = `id() { echo 1000; }; command() { case $2 in iptables-restore|python3) return 1;; esac; }; . ${file}`;
    const { status, stderr } = spawnSync('/bin/sh', ['-c', text, 'lab', 'up'], {
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env['PATH']}` },
    });
    expect({ status, lines: stderr.trimEnd().split('\n') }).toEqual({
      status: 2,
      lines: [
        'missing: root (run it with sudo)',
        'missing: iptables-restore (Debian package iptables)',
        'missing: python3 (Debian package python3-minimal)',
      ],
    });
  });
});

describe(titleOf('podwalk realize', missing), () => {
  real('builds, runs a command, shows and takes away', async () => {
    const prefix = temporaryPrefix('cli-');
    // The script has the terminal of podwalk: only exit codes are seen here.
    const realize = async (...words: readonly string[]): Promise<number> =>
      (await podwalk(['realize', '--prefix', prefix, ...words])).code;
    const file = join(FOLDER, 'said');
    const ofTwoNodes = ['-t', 'two-nodes'];
    try {
      expect(await realize(...ofTwoNodes, '--up')).toBe(0);
      expect(await realize(...ofTwoNodes, '--status')).toBe(0);
      const show = `ip -br addr show eth0 >${file}`;
      expect(await realize(...ofTwoNodes, '--exec', 'pod/client', '--', 'sh', '-c', show)).toBe(0);
      expect(readFileSync(file, 'utf8')).toMatch(/^eth0@if5 +UP +10\.244\.2\.2\/24/);
      expect(await realize(...ofTwoNodes, '--exec', 'node1', '--', 'false')).toBe(1);
    } finally {
      expect(await realize('--down')).toBe(0);
    }
    expect(leftOf(prefix)).toEqual([]);
    expect(await realize(...ofTwoNodes, '--exec', 'node1', '--', 'true')).toBe(2);
  });
});
