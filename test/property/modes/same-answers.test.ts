import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ip, isLoopback } from '../../../src/addr/index.ts';
import type { Cluster } from '../../../src/cluster/index.ts';
import { type Probe, probesOf, walkOutcomes } from '../../../src/lab/index.ts';
import { runTrace } from '../../../src/trace/index.ts';
import { manifestText, randomCluster } from '../../support/arbitrary/cluster.ts';
import { inMode, MODES } from '../../unit/modes/modes.ts';

const SEED = { seed: 20_240_707, numRuns: 25 };
const PROBES = 40;

function outcomes(cluster: Cluster, probe: Probe): string[] {
  const trace = runTrace(cluster, probe.request, { all: true, seed: 1 });
  return [...walkOutcomes(cluster.world, probe, trace).keys()].sort();
}

/** Which of the named differences (test/unit/modes/differences.ts) a flow may show, by what it asks for alone. */
function mayDiffer({ objects }: Cluster, { request }: Probe): string | undefined {
  const { ip, port, protocol } = request.destination;
  if (isLoopback(ip)) return 'NodePort on 127.0.0.1';
  const asked = objects.services.flatMap((service) => {
    const external = [
      ...service.externalIPs,
      ...service.loadBalancerIngress.flatMap((one) =>
        one.ip !== undefined && one.ipMode === 'VIP' ? [one.ip] : [],
      ),
    ];
    const kind = service.clusterIPs.includes(ip)
      ? 'internal'
      : external.includes(ip)
        ? 'external'
        : undefined;
    const ports = service.ports.filter((one) => one.protocol.toLowerCase() === protocol);
    if (kind !== undefined)
      return [{ service, kind, served: ports.some((one) => one.port === port) } as const];
    const onNode = isNodeAddress({ objects } as Cluster, ip) && ports.some((one) => one.nodePort === port);
    return onNode ? [{ service, kind: 'external', served: true } as const] : [];
  });
  for (const { service, kind, served } of asked) {
    if (!served) return 'a port that the Service does not have';
    if (kind === 'external' && service.externalTrafficPolicy === 'Local')
      return 'externalTrafficPolicy Local';
    if (kind === 'internal' && service.internalTrafficPolicy === 'Local')
      return 'internalTrafficPolicy Local';
    if (request.source.kind === 'node' && objects.kubeProxy.clusterCIDR.length === 0) return 'no clusterCIDR';
  }
  return undefined;
}

function isNodeAddress({ objects }: Cluster, ip: Ip): boolean {
  return objects.nodes.some(({ internalIPs }) => internalIPs.includes(ip));
}

describe('on random clusters', () => {
  it('both modes answer alike, but for what the named differences cover', () => {
    const covered = new Map<string, number>();
    let same = 0;
    fc.assert(
      fc.property(randomCluster, fc.nat(), (random, seed) => {
        const [iptables, ipvs] = MODES.map((mode) => inMode(mode, manifestText(random), random.settings));
        if (iptables === undefined || ipvs === undefined) throw new Error('no cluster');
        const [ours, theirs] = [iptables, ipvs].map((cluster) => probesOf(cluster, { seed, count: PROBES }));
        ours?.forEach((probe, i) => {
          const other = theirs?.[i];
          if (other === undefined || probe.request.ttl !== undefined) return;
          const a = outcomes(iptables, probe);
          const b = outcomes(ipvs, other);
          if (a.join() === b.join()) {
            same++;
            return;
          }
          const name = mayDiffer(iptables, probe);
          const flow = `${probe.source} ${probe.destination} ${probe.request.destination.protocol}`;
          expect({ flow, a, b, name }).toEqual({ flow, a, b, name: expect.any(String) });
          covered.set(name ?? '', (covered.get(name ?? '') ?? 0) + 1);
        });
      }),
      SEED,
    );
    expect(same).toBeGreaterThan(300);
    expect(covered.size).toBeGreaterThan(3);
  });
});
