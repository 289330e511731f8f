import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { buildCluster, type Cluster } from '../../../src/cluster/index.ts';
import { judgeConnection, type PolicyEnd, policyModel } from '../../../src/intent/index.ts';
import { loadCluster } from '../../../src/k8s/index.ts';
import { answer } from '../../../src/trace/index.ts';

/** Kubernetes' end-to-end cases as data; see the README of the corpus. */
interface Suite {
  readonly namespaces: Readonly<Record<string, { readonly labels: Readonly<Record<string, string>> }>>;
  readonly podIPs: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
}
interface Case {
  readonly name: string;
  readonly pods: readonly string[];
  readonly protocols: readonly string[];
  readonly ports: readonly number[];
  readonly steps: readonly Step[];
}
interface Step {
  readonly do?: {
    readonly apply?: readonly { readonly metadata: { readonly namespace: string; readonly name: string } }[];
    readonly labelPod?: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly labelNamespace?: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly deleteAllPolicies?: boolean;
  };
  readonly probes: readonly {
    readonly port: number;
    readonly protocol: 'TCP' | 'UDP' | 'SCTP';
    readonly expected: Readonly<Record<string, Readonly<Record<string, boolean | null>>>>;
  }[];
}

const corpus = process.env['PODWALK_CORPUS'];
const path = `${corpus ?? ''}/external/k8s-e2e-netpol.json`;

it.skipIf(corpus === undefined)(
  `Kubernetes' own end-to-end cases come out as upstream says, judged and walked${corpus === undefined ? ' (skipped: PODWALK_CORPUS is not set)' : ''}`,
  () => {
    const suite = JSON.parse(readFileSync(path, 'utf8')) as Suite;
    let cells = 0;
    const wrong: string[] = [];
    for (const one of suite.cases) {
      const policies = new Map<string, object>();
      const podLabels = new Map(
        one.pods.map((pod) => [pod, { pod: pod.split('/')[1] ?? '' } as Record<string, string>]),
      );
      const spaces = new Map(
        Object.entries(suite.namespaces).map(([name, { labels }]) => [name, { ...labels }]),
      );
      for (const step of one.steps) {
        if (step.do?.deleteAllPolicies === true) policies.clear();
        for (const policy of step.do?.apply ?? [])
          policies.set(`${policy.metadata.namespace}/${policy.metadata.name}`, policy);
        for (const [pod, labels] of Object.entries(step.do?.labelPod ?? {}))
          podLabels.set(pod, { ...podLabels.get(pod), ...labels });
        for (const [name, labels] of Object.entries(step.do?.labelNamespace ?? {}))
          spaces.set(name, { ...spaces.get(name), ...labels });
        const items = [
          ...[...spaces].map(([name, labels]) => ({
            apiVersion: 'v1',
            kind: 'Namespace',
            metadata: { name, labels },
          })),
          ...one.pods.map((pod) => podManifest(pod, podLabels.get(pod) ?? {}, suite.podIPs[pod] ?? '', one)),
          ...policies.values(),
        ];
        const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
        const { objects, diagnostics } = loadCluster([{ file: 'case.json', text }]);
        expect(
          diagnostics.filter(({ severity }) => severity === 'error'),
          one.name,
        ).toEqual([]);
        const model = policyModel(objects);
        const cluster = buildCluster(objects);
        const ends = new Map<string, PolicyEnd>(
          objects.pods.map((pod) => [`${pod.meta.namespace}/${pod.meta.name}`, { kind: 'pod', pod }]),
        );
        for (const { port, protocol, expected } of step.probes) {
          for (const [from, row] of Object.entries(expected)) {
            for (const [to, wanted] of Object.entries(row)) {
              const [source, destination] = [ends.get(from), ends.get(to)];
              if (wanted === null || source === undefined || destination === undefined) continue;
              cells++;
              const { allowed } = judgeConnection(model, { from: source, to: destination, port, protocol });
              const cell = `${one.name}: ${from} -> ${to} ${protocol} ${port}`;
              if (allowed !== wanted) wrong.push(`judged: ${cell}`);
              const verdict = walk(cluster, from, `${to}:${port}`, protocol);
              if (verdict !== (wanted ? 'delivered' : 'refused')) wrong.push(`walked: ${cell}: ${verdict}`);
            }
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(suite.cases.length).toBe(48);
    expect(cells).toBe(506);
  },
);

function walk(cluster: Cluster, from: string, to: string, word: 'TCP' | 'UDP' | 'SCTP'): string {
  const protocol = word === 'TCP' ? 'tcp' : word === 'UDP' ? 'udp' : 'sctp';
  const question = { source: `pod/${from}`, destination: `pod/${to}`, protocol, namespace: 'x' } as const;
  const found = answer(cluster, question, { all: true });
  return found.ok ? found.value.trace.verdict : 'no walk';
}

/** Placed on the node that has its address: node1 has 10.244.1.0/24. */
function podManifest(pod: string, labels: object, podIP: string, { ports, protocols }: Case): object {
  const [namespace, name] = pod.split('/');
  const serves = ports.flatMap((containerPort) =>
    protocols.map((protocol) => ({
      containerPort,
      protocol,
      name: `serve-${containerPort}-${protocol.toLowerCase()}`,
    })),
  );
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { nodeName: `node${podIP.split('.')[2]}`, containers: [{ name: 'c', image: 'x', ports: serves }] },
    status: { phase: 'Running', podIP },
  };
}
