import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ip } from '../../../src/addr/index.ts';
import { cniOperations, cniTables, hostPortConflicts } from '../../../src/controllers/cni/index.ts';
import { containerId } from '../../../src/controllers/cni/pod-network.ts';
import { portmapChain } from '../../../src/controllers/cni/portmap.ts';
import { printIptablesSave } from '../../../src/formats/index.ts';
import { type ContainerPort, DEFAULT_CNI, type Pod } from '../../../src/k8s/index.ts';
import { addNetns, commit, createWorld, rulesetOf } from '../../../src/kernel/index.ts';
import { node, pod, port } from './objects.ts';

const NODE = node('n1', ['192.168.50.11'], ['10.244.1.0/24']);

function hostPort(number: number, to: number, more: Partial<ContainerPort> = {}): ContainerPort {
  return { ...port(to), hostPort: number, ...more };
}

function save(pods: readonly Pod[]): string {
  const world = createWorld();
  const netns = addNetns(world, { id: 'node', kind: 'node', label: 'node', name: 'node' });
  const tables = cniTables(NODE, pods, 4, DEFAULT_CNI);
  expect(commit(world, [{ op: 'iptables-restore', netns: 'node', family: 4, tables }])).toBeUndefined();
  return printIptablesSave(rulesetOf(netns, 4));
}

describe('the portmap plugin', () => {
  const proxy = pod('proxy', 'n1', ['10.244.1.3'], {
    ports: [
      hostPort(8088, 80),
      port(9000),
      hostPort(5353, 53, { protocol: 'UDP', hostIP: ip('192.168.50.11') }),
    ],
  });

  it('writes what the real one writes', () => {
    const id = containerId(proxy);
    const text = save([proxy])
      .replaceAll(portmapChain(id, 'cbr0'), portmapChain('aaaabbbbcccc0002', 'cbr0'))
      .replaceAll(id, 'aaaabbbbcccc0002');
    const captured = new URL('../../golden/nodes/portmap.iptables-save', import.meta.url);
    expect(text).toBe(readFileSync(captured, 'utf8'));
  });

  it('makes the name of a chain from the name of the network and the id of the container', () => {
    expect(portmapChain('aaaabbbbcccc0002', 'cbr0')).toBe('CNI-DN-c127f30b111d04f9308d3');
    expect(containerId(proxy)).toMatch(/^[0-9a-f]{64}$/);
    expect(containerId(pod('proxy-2'))).not.toBe(containerId(proxy));
  });

  it('lets 127.0.0.1 cross the bridge once the pod is set up', () => {
    const { operations } = cniOperations({
      node: NODE,
      pods: [proxy],
      networks: [],
      mtu: 1450,
      config: DEFAULT_CNI,
    });
    expect(operations[0]?.operations.at(-1)).toMatchObject({
      op: 'sysctl',
      netns: 'node/n1',
      key: 'net.ipv4.conf.cni0.route_localnet',
      value: '1',
    });
  });

  it('does nothing for pods without host ports, on the network of their node, or finished', () => {
    const ports = [hostPort(8088, 80)];
    expect(
      cniTables(
        NODE,
        [
          pod('plain', 'n1', ['10.244.1.4'], { ports: [port(80)] }),
          pod('host', 'n1', ['192.168.50.11'], { hostNetwork: true, ports }),
          pod('done', 'n1', ['10.244.1.5'], { phase: 'Succeeded', ports }),
        ],
        4,
        DEFAULT_CNI,
      ),
    ).toEqual([]);
  });

  it('puts at most 15 ports into one rule', () => {
    const ports = Array.from({ length: 31 }, (_, i) => hostPort(7000 + i, 80));
    const entries = save([pod('many', 'n1', ['10.244.1.3'], { ports })])
      .split('\n')
      .filter((line) => line.startsWith('-A CNI-HOSTPORT-DNAT'));
    expect(entries.map((line) => / --dports (\S+)/.exec(line)?.[1]?.split(',').length)).toEqual([15, 15, 1]);
  });

  it('marks only the pod itself as its neighbour when its address is outside the range of its node', () => {
    const stray = pod('stray', 'n1', ['10.9.9.9'], { ports: [hostPort(8088, 80)] });
    expect(save([stray])).toContain('-s 10.9.9.9/32 -p tcp -m tcp --dport 8088 -j CNI-HOSTPORT-SETMARK');
  });
});

describe('pods that want one host port of a node', () => {
  const wants = (name: string, on: string, more: Partial<ContainerPort> = {}, rest: Partial<Pod> = {}): Pod =>
    pod(name, on, [], { ports: [hostPort(8080, 80, more)], ...rest });
  const codes = (...pods: Pod[]): string[] => hostPortConflicts(pods).map((d) => `${d.severity} ${d.code}`);

  it('are a warning about the later one', () => {
    expect(hostPortConflicts([wants('a', 'n1'), wants('b', 'n1')])).toEqual([
      {
        severity: 'warning',
        code: 'PW416',
        message:
          'hostPort 8080/TCP of Node n1 is wanted by Pod default/b, but Pod default/a has it: kubelet would refuse the second (NodePorts)',
        fix: 'give them different hostPorts or nodes',
        at: { source: { file: 'test.yaml', document: 0, path: [] }, path: ['spec', 'containers'] },
      },
    ]);
  });

  it('do not meet on other nodes, protocols or addresses', () => {
    const first = wants('a', 'n1', { hostIP: ip('192.168.50.11') });
    expect(codes(first, wants('b', 'n2'))).toEqual([]);
    expect(codes(first, wants('b', 'n1', { protocol: 'UDP' }))).toEqual([]);
    expect(codes(first, wants('b', 'n1', { hostIP: ip('127.0.0.1') }))).toEqual([]);
    expect(codes(first, wants('b', 'n1', { hostIP: ip('0.0.0.0') }))).toEqual(['warning PW416']);
    expect(codes(first, wants('b', 'n1', {}, { phase: 'Failed' }))).toEqual([]);
  });

  it('count those on the network of the node, which take sockets among themselves', () => {
    const host = { hostNetwork: true };
    expect(codes(wants('a', 'n1', {}, host), wants('b', 'n1'))).toEqual(['warning PW416']);
    expect(codes(wants('a', 'n1', {}, host), wants('b', 'n1', {}, host))).toEqual([]);
  });
});
