import {
  type ExpectedOf,
  type MatrixEnd,
  matrixEnds,
  matrixGroups,
  portText,
  presentExpectation,
} from '../../intent/index.ts';
import {
  type ClusterObjects,
  controllerOf,
  ownershipIn,
  type Service,
  type Workload,
} from '../../k8s/index.ts';
import type { Io } from '../io.ts';
import { progressOf } from '../progress.ts';

/** What one line asks. */
interface Asked {
  readonly from: string;
  readonly to: string;
  readonly port: string;
}

/**
 * A file of expectations that the cluster meets now, by names that survive a rollout: each workload asks the others' on every port, and every
 * Service; who is outside asks the Services that are open to it. What comes to different things by different branches is
 * a comment.
 */
export function presentBehaviour(of: ExpectedOf, io: Io): string {
  const { objects } = of.cluster;
  const ends = matrixEnds(objects, []);
  const lasting = lastingNames(objects);
  const first = matrixGroups(ends, 'workload', objects)
    .flatMap(({ ends: [index = 0] }) => ends[index] ?? [])
    .map((end) => ({ ...end, name: lasting.get(end.name) ?? end.name }));
  const asked = [
    ...first.flatMap((to) => asksPod(first, to)),
    ...objects.services.flatMap((one) => asksService(first, one)),
  ];
  const expectation = presentExpectation(of);
  const progress = progressOf('expectations', asked.length, io);
  const lines = asked.map(({ from, to, port }) => {
    progress.tick();
    const [number, protocol] = port.split('/');
    const source = { file: '', document: 0, path: [] };
    const expect = expectation({
      from,
      to,
      port: Number(number),
      protocol: protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP',
      source,
    });
    const words = `{ from: "${from}", to: "${to}", port: ${port}, expect: ${expect ?? 'different by branch'} }`;
    return expect === undefined ? `  # ${words}` : `  - ${words}`;
  });
  progress.end();
  const some = lines.some((line) => line.startsWith('  -'));
  const head = ['apiVersion: podwalk/v1', 'kind: Expectations', `expectations:${some ? '' : ' []'}`];
  return `${[...head, ...lines].join('\n')}\n`;
}

const SHORT: Readonly<Record<Workload['kind'], string>> = {
  Deployment: 'deploy',
  ReplicaSet: 'rs',
  ReplicationController: 'rc',
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  Job: 'job',
};

/** Pods by the workload that made them: their own names do not survive a rollout. */
function lastingNames(objects: ClusterObjects): ReadonlyMap<string, string> {
  const { podsOf } = ownershipIn(objects);
  const there = new Set(objects.workloads.map(({ kind, meta }) => `${kind} ${meta.namespace}/${meta.name}`));
  const names = new Map<string, string>();
  for (const workload of objects.workloads) {
    const { kind, meta } = workload;
    const owner = controllerOf(meta);
    // A ReplicaSet of a Deployment comes and goes as its pods do.
    if (owner !== undefined && there.has(`${owner.kind} ${meta.namespace}/${owner.name}`)) continue;
    for (const pod of podsOf(workload))
      names.set(`${meta.namespace}/${pod.meta.name}`, `${SHORT[kind]}/${meta.namespace}/${meta.name}`);
  }
  return names;
}

function asksPod(sources: readonly MatrixEnd[], to: MatrixEnd): Asked[] {
  return to.ports.flatMap((port) =>
    sources
      .filter((from) => from !== to)
      .map((from) => ({ from: from.name, to: to.name, port: portText(port) })),
  );
}

function asksService(sources: readonly MatrixEnd[], service: Service): Asked[] {
  if (service.type === 'ExternalName') return [];
  const { namespace, name } = service.meta;
  const open = service.type === 'NodePort' || service.type === 'LoadBalancer';
  const from = [...sources.map((source) => source.name), ...(open ? ['external'] : [])];
  return service.ports.flatMap((port) =>
    from.map((one) => ({ from: one, to: `svc/${namespace}/${name}`, port: portText(port) })),
  );
}
