import { describe, expect, it } from 'vitest';
import { formatCidr, formatIp } from '../../../src/addr/index.ts';
import { buildCluster } from '../../../src/cluster/index.ts';
import { loadCluster } from '../../../src/k8s/index.ts';

function built(text: string) {
  const { objects, diagnostics } = loadCluster([{ file: 'in.yaml', text }]);
  const cluster = buildCluster(objects);
  return { ...cluster, diagnostics: [...diagnostics, ...cluster.diagnostics] };
}

/** A line each: a node with its labels beside kubernetes.io/hostname. */
function nodesOf(text: string): string[] {
  return built(text).objects.nodes.map(({ meta }) => {
    const labels = [...meta.labels].filter(([key]) => key !== 'kubernetes.io/hostname');
    return [meta.name, ...labels.map(([key, value]) => `${key}=${value}`)].join(' ');
  });
}

function warnings(text: string): string[] {
  return built(text)
    .diagnostics.filter(({ severity }) => severity !== 'note')
    .map(({ code }) => code);
}

function workload(kind: string, name: string, spec: string, replicas = 1): string {
  const count = kind === 'DaemonSet' ? '' : `replicas: ${replicas}, `;
  return `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}}
spec: {${count}selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}}, spec: {${spec}}}}
---
`;
}

const C = 'containers: [{name: c, image: i}]';
const affinity = (...expressions: string[]) =>
  `affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [${expressions.join(', ')}]}]}}}`;

describe('assumed nodes fit the workloads', () => {
  it('every node has the older names of os and arch', () => {
    const text = workload(
      'Deployment',
      'web',
      `nodeSelector: {beta.kubernetes.io/os: linux, beta.kubernetes.io/arch: amd64}, ${C}`,
    );
    expect(nodesOf(text)).toEqual(['node1', 'node2']);
    expect(warnings(text)).toEqual([]);
  });

  it('a label that is asked for goes to the first node, with one note', () => {
    const text = workload('Deployment', 'web', `nodeSelector: {disk: ssd}, ${C}`, 2);
    expect(nodesOf(text)).toEqual(['node1 disk=ssd', 'node2']);
    expect(
      built(text)
        .diagnostics.filter(({ code }) => code === 'PW403')
        .map(({ message }) => message),
    ).toEqual(['the assumed nodes are as the workloads ask: node1 has disk=ssd (Deployment default/web)']);
  });

  it('labels that contradict each other go to separate nodes, and a third is there when two do not do', () => {
    const zone = (name: string) =>
      workload('Deployment', name, `nodeSelector: {topology.kubernetes.io/zone: ${name}}, ${C}`);
    expect(nodesOf(zone('a') + zone('b') + zone('c'))).toEqual([
      'node1 topology.kubernetes.io/zone=a',
      'node2 topology.kubernetes.io/zone=b',
      'node3 topology.kubernetes.io/zone=c',
    ]);
  });

  it('required affinity is met with each of its operators', () => {
    const text = workload(
      'Deployment',
      'web',
      `${affinity('{key: size, operator: Gt, values: ["4"]}', '{key: size, operator: Lt, values: ["9"]}', '{key: pool, operator: In, values: [p, q]}', '{key: pool, operator: NotIn, values: [p]}', '{key: gpu, operator: Exists}', '{key: spot, operator: DoesNotExist}')}, ${C}`,
    );
    expect(nodesOf(text)).toEqual(['node1 size=5 pool=q gpu=', 'node2']);
    expect(warnings(text)).toEqual([]);
  });

  it('a label is kept from the only node where another workload runs without it', () => {
    const off = workload(
      'Deployment',
      'off',
      `${affinity('{key: role, operator: DoesNotExist}', '{key: kubernetes.io/hostname, operator: In, values: [node1]}')}, ${C}`,
    );
    const on = workload('Deployment', 'on', `nodeSelector: {role: db}, ${C}`);
    expect(nodesOf(off + on)).toEqual(['node1', 'node2 role=db']);
  });

  it('a DaemonSet for the control plane gets a node, and one for Windows or another machine gets none', () => {
    const text =
      workload('DaemonSet', 'cp', `nodeSelector: {node-role.kubernetes.io/control-plane: ""}, ${C}`) +
      workload('DaemonSet', 'win', `nodeSelector: {kubernetes.io/os: windows}, ${C}`) +
      workload('DaemonSet', 'arm', `nodeSelector: {kubernetes.io/arch: arm64}, ${C}`);
    expect(nodesOf(text)).toEqual(['node1 node-role.kubernetes.io/control-plane=', 'node2']);
    expect(warnings(text)).toEqual([]);
  });

  it('there are as many nodes as host ports take, and no more where that does not help', () => {
    const port = 'containers: [{name: c, image: i, ports: [{containerPort: 80, hostPort: 80}]}]';
    expect(nodesOf(workload('Deployment', 'edge', port, 4))).toEqual(['node1', 'node2', 'node3', 'node4']);
    const both = workload('DaemonSet', 'a', port) + workload('DaemonSet', 'b', port);
    expect(nodesOf(both)).toEqual(['node1', 'node2']);
    expect(warnings(both)).toEqual(['PW410', 'PW410']);
    const behind = workload('DaemonSet', 'a', port) + workload('Deployment', 'b', port);
    expect(nodesOf(behind)).toEqual(['node1', 'node2']);
  });

  it('a hostname that is asked for is the name of a node', () => {
    expect(
      nodesOf(workload('Deployment', 'nfs', `nodeSelector: {kubernetes.io/hostname: nas}, ${C}`)),
    ).toEqual(['nas', 'node1']);
  });

  it('nodes that are given are left as they are', () => {
    const node = 'apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n---\n';
    const text = node + workload('Deployment', 'web', `nodeSelector: {disk: ssd}, ${C}`);
    expect(nodesOf(text)).toEqual(['n1']);
    expect(warnings(text)).toEqual(['PW410']);
  });
});

function pod(name: string, spec: string, status: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {${spec}, ${C}}\nstatus: {${status}}\n---\n`;
}

describe('nodes that pods name, where no Node is given', () => {
  const three =
    pod('a', 'nodeName: w1', 'phase: Running, hostIP: 10.0.0.21, podIP: 10.42.1.7') +
    pod('b', 'nodeName: w2', 'phase: Running, hostIPs: [{ip: 10.0.0.22}], podIP: 10.42.2.9') +
    pod('h', 'nodeName: w2, hostNetwork: true', 'phase: Running, hostIP: 10.0.0.22, podIP: 10.0.0.22');

  it('have the hostIPs as addresses and ranges that hold their pods, with a note and no warning', () => {
    const { objects, diagnostics } = built(three);
    expect(
      objects.nodes.map((n) => [n.meta.name, ...n.internalIPs.map(formatIp), ...n.podCIDRs.map(formatCidr)]),
    ).toEqual([
      ['w1', '10.0.0.21', '10.42.1.0/24'],
      ['w2', '10.0.0.22', '10.42.2.0/24'],
    ]);
    expect(formatCidr(objects.flannel.network)).toBe('10.42.0.0/16');
    expect(diagnostics.every(({ severity }) => severity === 'note')).toBe(true);
    expect(diagnostics.filter(({ code }) => code === 'PW402')).toHaveLength(1);
  });

  it('have the labels that the pods which run there ask for', () => {
    const text = pod('a', 'nodeName: w1, nodeSelector: {disk: ssd}', 'hostIP: 10.0.0.21, podIP: 10.42.1.7');
    expect(nodesOf(text)).toEqual(['w1 disk=ssd']);
  });

  it('are the usual two where only those are named', () => {
    expect(nodesOf(pod('a', 'nodeName: node2', ''))).toEqual(['node1', 'node2']);
  });

  it('are told where their addresses contradict each other', () => {
    const twice =
      pod('a', 'nodeName: w1', 'hostIP: 10.0.0.21') + pod('b', 'nodeName: w2', 'hostIP: 10.0.0.21');
    expect(warnings(twice)).toEqual(['PW405']);
  });

  it('are an error where Nodes are given and one is missing', () => {
    expect(warnings(`${three}apiVersion: v1\nkind: Node\nmetadata: {name: w1}\n`)).toContain('PW307');
  });

  it("an address outside kube-proxy's stated clusterCIDR is a warning, and outside an inferred range none", () => {
    const proxy =
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.99.0.0/16\n';
    expect(warnings(three + proxy)).toEqual(['PW310', 'PW310']);
  });
});
