import { matrixEnds, matrixGroups, type PolicyModel, portText, reachability } from '../../intent/index.ts';
import type { ClusterObjects } from '../../k8s/index.ts';

/**
 * A file of expectations that the cluster meets now: for each pair of workloads its first pods, on every port of the
 * destination, and the address outside that the cluster has.
 */
export function presentBehaviour(objects: ClusterObjects, model: PolicyModel): string {
  const ends = matrixEnds(
    objects,
    objects.topology.hosts.slice(0, 1).map(({ ip }) => ip),
  );
  const groups = matrixGroups(ends, 'workload', objects);
  const reach = reachability(
    model,
    ends.map(({ end }) => end),
  );
  const lines = ['apiVersion: podwalk/v1', 'kind: Expectations', 'expectations:'];
  const first = groups.map(({ ends: [index = 0] }) => index);
  for (const to of first) {
    const destination = ends[to];
    if (destination === undefined || destination.end.kind === 'address') continue;
    for (const query of destination.ports) {
      const on = reach.on(query);
      for (const from of first) {
        const source = ends[from];
        if (source === undefined || from === to) continue;
        const name = source.end.kind === 'address' ? `external/${source.name}` : source.name;
        const expect = on.allowed(from, to) ? 'allowed' : 'denied';
        lines.push(
          `  - { from: "${name}", to: "${destination.name}", port: ${portText(query)}, expect: ${expect} }`,
        );
      }
    }
  }
  if (lines.length === 3) lines[2] = 'expectations: []';
  return `${lines.join('\n')}\n`;
}
