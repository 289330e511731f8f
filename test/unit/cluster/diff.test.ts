import { describe, expect, it } from 'vitest';
import { diffStates, type PlaceChanges } from '../../../src/cluster/diff/index.ts';
import { clusterOf, ONE_OF_EACH } from '../../fixtures/objects.ts';

const CLUSTER = clusterOf(ONE_OF_EACH);

/** What differs when the text of the cluster is changed. */
function changedBy(change: (text: string) => string): readonly PlaceChanges[] {
  const changed = change(ONE_OF_EACH);
  expect(changed).not.toBe(ONE_OF_EACH);
  return diffStates(CLUSTER, clusterOf(changed));
}

/** `node1 ip route: -..., +...` */
function lines(places: readonly PlaceChanges[]): string[] {
  return places.flatMap(({ name, texts }) =>
    texts.flatMap(({ command, chain, lines: changes }) =>
      changes.map(
        ({ change, text }) =>
          `${name} ${command}${chain === undefined ? '' : ` ${chain}`}: ${change === 'added' ? '+' : '-'}${text}`,
      ),
    ),
  );
}

describe('the difference of two states', () => {
  it('is nothing when the objects are the same, wherever they are written', () => {
    expect(diffStates(CLUSTER, clusterOf(`# elsewhere\n\n${ONE_OF_EACH}`))).toEqual([]);
  });

  it('is nothing when only what no program reads differs', () => {
    expect(changedBy((text) => text.replace('name: web }', 'name: web, annotations: { a: b } }'))).toEqual(
      [],
    );
  });

  it("is the opposite when the sides are changed: each side's lines are on the other", () => {
    const other = clusterOf(ONE_OF_EACH.replace('port: 80, targetPort: http', 'port: 81, targetPort: http'));
    const there = lines(diffStates(CLUSTER, other));
    const back = lines(diffStates(other, CLUSTER));
    const turned = back.map((line) => line.replace(/: ([-+])/, (_, sign) => `: ${sign === '+' ? '-' : '+'}`));
    expect(there.length).toBeGreaterThan(0);
    expect(turned.toSorted()).toEqual(there.toSorted());
  });

  it('names the rules of a port that moved, chain by chain, on every node', () => {
    const changes = lines(
      changedBy((text) => text.replace('port: 80, targetPort: http', 'port: 81, targetPort: http')),
    );
    expect(changes).toHaveLength(8);
    expect(changes[0]).toMatch(
      /^node1 iptables-save KUBE-SERVICES: --A KUBE-SERVICES -d 10\.96\.0\.10\/32 .*--dport 80 /,
    );
    expect(changes[1]).toMatch(
      /^node1 iptables-save KUBE-SERVICES: \+-A KUBE-SERVICES -d 10\.96\.0\.10\/32 .*--dport 81 /,
    );
    expect(changes.filter((line) => line.startsWith('node2'))).toHaveLength(4);
  });

  it('tells a new node with everything on it, and what its peers learn of it', () => {
    const changes = changedBy(
      (text) => `${text}
---
apiVersion: v1
kind: Node
metadata: { name: node3 }
spec: { podCIDR: 10.244.3.0/24 }
status: { addresses: [{ type: InternalIP, address: 192.168.56.13 }] }
`,
    );
    expect(changes.map(({ name, change }) => [name, change])).toEqual([
      ['node1', undefined],
      ['node2', undefined],
      ['node3', 'added'],
    ]);
    const told = lines(changes);
    expect(told).toContain('node1 ip route: +10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink');
    expect(
      told.some((line) => /^node1 ip neigh: \+10\.244\.3\.0 dev flannel\.1 lladdr \S+ PERMANENT$/.test(line)),
    ).toBe(true);
    expect(
      told.some((line) =>
        /^node1 bridge fdb: \+\S+ dev flannel\.1 dst 192\.168\.56\.13 self permanent$/.test(line),
      ),
    ).toBe(true);
    expect(told).toContain('node3 ip addr: +inet 192.168.56.13/24 brd 192.168.56.255 scope global eth0');
    // What comes with an address, or with every device, is not told again.
    expect(told.filter((line) => line.includes('table local'))).toEqual([]);
    expect(told.filter((line) => line.includes('fe80') || line.includes('33:33:'))).toEqual([]);
    expect(told.filter((line) => line.includes('127.0.0.1'))).toEqual([]);
  });

  it('tells a pod that is gone with its cable, its address and its sockets', () => {
    const changes = changedBy((text) =>
      text
        .split('---\n')
        .filter((document) => !document.includes('name: dns, namespace: kube-system, labels'))
        .join('---\n'),
    );
    const pod = changes.find(({ name }) => name === 'kube-system/dns');
    expect(pod).toMatchObject({ kind: 'pod', change: 'removed' });
    expect(lines(pod === undefined ? [] : [pod])).toContain(
      'kube-system/dns ss -ln: -udp LISTEN *:53 pod kube-system/dns',
    );
    expect(lines(changes).some((line) => /^node2 ip link: -veth/.test(line))).toBe(true);
  });

  it('tells what commands run by hand have done, also where the objects are the same', () => {
    const broken = clusterOf(
      ONE_OF_EACH,
      [],
      [
        'node1: ip link set cni0 mtu 1400',
        'node1: sysctl -w net.ipv4.ip_forward=0',
        'node2: iptables -P FORWARD DROP',
        'node2: iptables -I FORWARD 2 -s 10.244.1.2 -j DROP',
        'node2: ip route del local 10.244.2.1 table local',
      ],
    );
    const told = lines(diffStates(CLUSTER, broken));
    expect(told).toEqual([
      expect.stringMatching(/^node1 ip link: -cni0: .* mtu 1450 /),
      expect.stringMatching(/^node1 ip link: \+cni0: .* mtu 1400 /),
      'node1 sysctl: -net.ipv4.ip_forward = 1',
      'node1 sysctl: +net.ipv4.ip_forward = 0',
      'node2 ip route: -local 10.244.2.1 dev cni0 table local proto kernel scope host src 10.244.2.1',
      'node2 iptables-save FORWARD: -:FORWARD ACCEPT [0:0]',
      'node2 iptables-save FORWARD: +:FORWARD DROP [0:0]',
      'node2 iptables-save FORWARD: +-A FORWARD -s 10.244.1.2/32 -j DROP',
    ]);
  });
});
