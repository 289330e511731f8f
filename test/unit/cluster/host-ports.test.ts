import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeNetnsId } from '../../../src/cluster/index.ts';
import { answer, buildCluster, type Cluster, loadCluster } from '../../../src/index.ts';
import { commit } from '../../../src/kernel/index.ts';
import { agrees, type Probe, type ProbeFile, saidBy, shownBy } from '../../support/kernel-answers.ts';

const read = (name: string): string =>
  readFileSync(new URL(`../../golden/nodes/dual-stack/${name}`, import.meta.url), 'utf8');

function cluster(...set: string[]): Cluster {
  const file = 'cluster.yaml';
  return buildCluster(loadCluster([{ file, text: read(file) }], { set }).objects);
}

function outcomes(of: Cluster, { from, to, protocol }: Probe): ReadonlyMap<string, number> {
  const question = { source: from, destination: to, namespace: 'default', protocol };
  const found = answer(of, question, { all: true });
  if (!found.ok) throw new Error(found.error.message);
  return saidBy(found.value.trace.paths, protocol);
}

describe('walks to host ports', () => {
  const { probes } = JSON.parse(read('kernel.json')) as ProbeFile;
  // Walks of IPv6 are not modelled; what the kernel answered to those waits here.
  const walkable = probes.filter(({ to }) => !to.startsWith('['));

  it('agree with what a real kernel answered', () => {
    const of = cluster();
    const wrong = walkable.filter((probe) => !agrees(shownBy(probe), outcomes(of, probe), false));
    expect(wrong).toEqual([]);
    expect(walkable.length).toBe(28);
  });

  it('from 127.0.0.1 need route_localnet on the bridge, which portmap sees to', () => {
    const probe = probes.find(({ to }) => to === '127.0.0.1:8088');
    if (probe === undefined) throw new Error('no probe');
    const of = cluster('kube-proxy.iptables.localhostNodePorts=false');
    expect([...outcomes(of, probe).keys()]).toEqual(['delivered|edge/proxy|10.244.1.1']);
    const netns = nodeNetnsId('node1');
    const key = 'net.ipv4.conf.cni0.route_localnet';
    commit(of.world, [{ op: 'sysctl', netns, key, value: '0', origin: { program: 'user' } }]);
    // The kernel's answer, measured like the others.
    expect([...outcomes(of, probe).keys()]).toEqual(['timeout']);
  });
});
