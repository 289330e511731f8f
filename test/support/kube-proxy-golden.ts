import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Family, type Ip, ip, nthIp } from '../../src/addr/index.ts';
import { type KubeProxyInput, kubeProxyTables } from '../../src/controllers/kube-proxy/index.ts';
import { type ClusterObjects, loadCluster, type Node } from '../../src/k8s/index.ts';
import { addNetns, commit, createWorld, type Ruleset, rulesetOf } from '../../src/kernel/index.ts';

/** Clusters with what the real kube-proxy v1.30 wrote for them; the folder's README says how they were made. */
const FOLDER = new URL('../golden/kube-proxy/', import.meta.url);

export const GOLDEN_CASES: readonly string[] = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

/** A file of a case, kept plain or gzip'ed. */
function readGolden(name: string, file: string): string {
  const url = new URL(`${name}/${file}`, FOLDER);
  return existsSync(url)
    ? readFileSync(url, 'utf8')
    : gunzipSync(new Uint8Array(readFileSync(new URL(`${name}/${file}.gz`, FOLDER)))).toString('utf8');
}

export interface Golden {
  readonly node: string;
  readonly family: Family;
  readonly text: string;
}

/** What the real kube-proxy left on each node of a case. */
export function goldensOf(name: string): Golden[] {
  return readdirSync(new URL(`${name}/`, FOLDER)).flatMap((file) => {
    const parsed = /^(.+)\.iptables\.(ip6?tables-save)(?:\.gz)?$/.exec(file);
    if (parsed === null) return [];
    const [, node = '', kind = ''] = parsed;
    return [
      { node, family: kind === 'ip6tables-save' ? 6 : 4, text: readGolden(name, `${node}.iptables.${kind}`) },
    ];
  });
}

/** The objects of a case. */
export function loadGolden(name: string): ClusterObjects {
  const files = ['cluster.yaml', 'kube-proxy.yaml'];
  const sources = files.map((file) => ({ file: `${name}/${file}`, text: readGolden(name, file) }));
  const { objects, diagnostics } = loadCluster(sources, { set: [] });
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return objects;
}

/** The addresses of a node with flannel's devices: eth0, flannel.1, cni0, lo. */
function addressesOf(node: Node, family: Family): Ip[] {
  const wanted = family === 4 ? 'number' : 'bigint';
  const pods = node.podCIDRs.flatMap((cidr) => [cidr.base, nthIp(cidr, 1)]);
  return [...node.internalIPs, ...pods, ip('127.0.0.1'), ip('::1')].filter((one) => typeof one === wanted);
}

/** kube-proxy's input on a node of a cluster. */
export function proxyInput(objects: ClusterObjects, name: string): KubeProxyInput {
  const node = objects.nodes.find((one) => one.meta.name === name);
  if (node === undefined) throw new Error(`no node ${name}`);
  return {
    node,
    nodeLocalAddresses: (family) => addressesOf(node, family),
    services: objects.services,
    endpointSlices: objects.endpointSlices,
    config: objects.kubeProxy,
  };
}

/** The ruleset of a fresh node after kube-proxy has written its tables. */
export function rulesetAfter(input: KubeProxyInput, family: Family): Ruleset {
  const world = createWorld();
  const netns = addNetns(world, { id: 'node', kind: 'node', label: 'node', name: 'node' });
  const error = commit(world, [
    { op: 'iptables-restore', netns: netns.id, family, tables: kubeProxyTables(input, family) },
  ]);
  if (error !== undefined) throw new Error(error.message);
  return rulesetOf(netns, family);
}
