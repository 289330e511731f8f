import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const CLUSTER = ['-f', 'test/golden/dns/cluster.yaml'];
const from = ['--from', 'pod/web-a', ...CLUSTER];

interface Resolution {
  readonly names: readonly string[];
  readonly queries: readonly { readonly name: string; readonly type: string; readonly rcode: string }[];
  readonly addresses: readonly string[];
  readonly error?: string;
}

async function resolution(...words: string[]): Promise<Resolution> {
  const { stdout } = await podwalk(['resolve', ...words, '-o', 'json', ...from]);
  return JSON.parse(stdout) as Resolution;
}

describe('podwalk resolve', () => {
  it('asks for a name with few dots four times over: 4 names, 8 queries', async () => {
    const ran = await podwalk(['resolve', 'api.example.com', ...from]);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('\n4 names, 8 queries\n');
    const { names, queries } = await resolution('api.example.com');
    expect(names).toEqual([
      'api.example.com.default.svc.cluster.local.',
      'api.example.com.svc.cluster.local.',
      'api.example.com.cluster.local.',
      'api.example.com.',
    ]);
    expect(queries.map(({ type }) => type)).toEqual(['A', 'AAAA', 'A', 'AAAA', 'A', 'AAAA', 'A', 'AAAA']);
  });

  it('asks for one with a final dot once: 1 name, 2 queries', async () => {
    const ran = await podwalk(['resolve', 'api.example.com.', ...from]);
    expect(ran.stdout).toContain('\n1 name, 2 queries\n');
    expect((await resolution('api.example.com.')).queries).toHaveLength(2);
  });

  it('lists every query, and what the program gets', async () => {
    const ran = await podwalk(['resolve', 'alias.shop', ...from]);
    expect(ran).toEqual({
      code: 0,
      stderr: '',
      stdout: `lookup    alias.shop by default/web-a (glibc)
resolver  ClusterFirst; nameserver 10.96.0.10; search default.svc.cluster.local svc.cluster.local cluster.local; ndots:5

1  alias.shop.default.svc.cluster.local.  A     10.96.0.10  NXDOMAIN
2  alias.shop.default.svc.cluster.local.  AAAA  10.96.0.10  NXDOMAIN
3  alias.shop.svc.cluster.local.          A     10.96.0.10  NOERROR  CNAME web.default.svc.cluster.local.  10.96.0.20
4  alias.shop.svc.cluster.local.          AAAA  10.96.0.10  NOERROR, no such record

2 names, 4 queries

answer    10.96.0.20 (alias of web.default.svc.cluster.local)
`,
    });
  });

  it('differs by libc: musl stops at a name that has no address, glibc searches on', async () => {
    // dangling.shop exists and has no records; nothing behind it has any.
    const glibc = await resolution('dangling.shop');
    const musl = await resolution('dangling.shop', '--libc', 'musl');
    expect(glibc.names).toHaveLength(4);
    expect(musl.names).toHaveLength(2);
    // glibc remembers that there was a name without addresses.
    expect(glibc.error).toBe('EAI_NODATA');
    expect(musl.error).toBe('EAI_NONAME');
  });

  it('gives every ready pod of a headless Service', async () => {
    const { addresses } = await resolution('db.shop');
    expect([...addresses].sort()).toEqual(['10.244.1.2', '10.244.1.3', '10.244.2.2']);
  });

  it('says why there is none', async () => {
    const ran = await podwalk(['resolve', 'db.prod', ...from]);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^error {5}EAI_NONAME: Name or service not known$/m);
    expect(ran.stdout).toContain('there is no namespace prod; did you mean db.shop?');
    const loop = await podwalk(['resolve', 'loop-a.shop', ...from]);
    expect(loop.code).toBe(1);
    expect(loop.stdout).toContain('leads back to');
  });

  it('asks nobody for an address, or for what /etc/hosts has', async () => {
    expect(await resolution('10.96.0.20')).toMatchObject({ addresses: ['10.96.0.20'], queries: [] });
    expect(await resolution('localhost')).toMatchObject({ queries: [] });
  });

  it('looks names up for a pod with IPv6 addresses only, which sends no packets here', async () => {
    const stdin = `
apiVersion: v1
kind: Node
metadata: { name: n1 }
spec: { podCIDR: 'fd00:244:1::/64' }
status: { addresses: [{ type: InternalIP, address: 'fd00:56::11' }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: 'fd00:10:96::20', ipFamilies: [IPv6], ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: a }
spec: { containers: [{ name: c, image: x }] }
`;
    const ran = await podwalk(['resolve', 'web', '--from', 'pod/a', '-f', '-'], { stdin });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain('\nanswer    fd00:10:96::20\n');
  });

  it.each([
    [['resolve', 'web'], /required option '--from/],
    [['resolve', '--from', 'pod/web-a'], /missing required argument 'NAME'/],
    [['resolve', 'web', '--from', 'pod/wep-a'], /did you mean "web-a"/],
    [['resolve', 'web', '--from', 'pod/web-a', '--libc', 'uclibc'], /Allowed choices are glibc, musl/],
  ])('%j is bad usage', async (argv, message) => {
    const ran = await podwalk([...argv, ...CLUSTER]);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(message);
  });
});
