import fc, { type Arbitrary } from 'fast-check';
import { buildCluster, type Cluster, loadCluster } from '../../../src/index.ts';
import {
  flannelSettings,
  type NetworkSketch,
  networkSketch,
  nodeManifest,
  topologyManifest,
} from './networks.ts';
import { NAMESPACES, type PodSketch, podManifest, podSketch } from './pods.ts';
import { type PolicySketch, policyManifest, policySketch } from './policies.ts';
import { type ProxySketch, proxyManifest, proxySketch } from './proxy.ts';
import { type ServiceSketch, serviceManifests, serviceSketch } from './services.ts';

/**
 * Small random clusters as manifests: one to four nodes on one to three LANs, pods in every condition, Services of every type
 * and policy, hostPorts, and the settings of kube-proxy and flannel. Everything is valid, so that whoever takes them
 * (property tests, or a real kernel) need not expect diagnostics of severity `error`.
 */
export interface RandomCluster {
  /** As `kubectl get -o json` would list them, and a KubeProxyConfiguration. */
  readonly manifests: readonly object[];
  /** `--set` arguments. */
  readonly settings: readonly string[];
}

interface ClusterSketch {
  readonly nodes: number;
  readonly network: NetworkSketch;
  readonly pods: readonly PodSketch[];
  readonly services: readonly ServiceSketch[];
  readonly policies: readonly PolicySketch[];
  readonly proxy: ProxySketch;
}

const sketches = {
  nodes: fc.integer({ min: 1, max: 4 }),
  network: networkSketch,
  pods: fc.array(podSketch, { minLength: 1, maxLength: 8, size: 'max' }),
  services: fc.array(serviceSketch, { minLength: 1, maxLength: 4 }),
  proxy: proxySketch,
};

/** Without NetworkPolicies. */
export const randomCluster: Arbitrary<RandomCluster> = fc
  .record({ ...sketches, policies: fc.constant([]) })
  .map(manifestsOf);

/** With one to five NetworkPolicies. */
export const randomPolicyCluster: Arbitrary<RandomCluster> = fc
  .record({ ...sketches, policies: fc.array(policySketch, { minLength: 1, maxLength: 5 }) })
  .map(manifestsOf);

function manifestsOf({ nodes, network, pods, services, policies, proxy }: ClusterSketch): RandomCluster {
  const placed = pods.map((sketch) => ({ ...sketch, node: (sketch.node % nodes) + 1 }));
  // flannel refuses host-gw where a router stands between nodes.
  const lans = network.backend === 'host-gw' ? 1 : Math.min(network.lans, nodes);
  const used = { ...network, lans };
  return {
    manifests: [
      topologyManifest(used),
      ...NAMESPACES.map((name) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { team: name } },
      })),
      ...Array.from({ length: nodes }, (_, i) => nodeManifest(i + 1, used)),
      ...placed.map((sketch, i) => podManifest(sketch, i, used)),
      ...services.flatMap((sketch, i) => serviceManifests(sketch, i, placed, used)),
      ...policies.map(policyManifest),
      proxyManifest(proxy),
    ],
    settings: flannelSettings(used),
  };
}

/** The manifests as one List. */
export function manifestText({ manifests }: RandomCluster): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests });
}

/** Loads and builds a random cluster. Throws on an error in it, which is an error of these files. */
export function buildRandom(random: RandomCluster): Cluster {
  const text = manifestText(random);
  const loaded = loadCluster([{ file: 'random.json', text }], { set: [...random.settings] });
  const cluster = buildCluster(loaded.objects);
  const errors = [...loaded.diagnostics, ...cluster.diagnostics].filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ code, message }) => `${code} ${message}`).join('\n'));
  return cluster;
}
