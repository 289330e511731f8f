import {
  type ClusterObjects,
  type Diagnostic,
  formatDiagnostic,
  loadCluster,
} from '../../../src/k8s/index.ts';

/** Loads YAML that must have no errors; fails with them otherwise. */
export function loadFine(text: string, set: string[] = []): ClusterObjects {
  const { objects, diagnostics, sources } = loadCluster([{ file: 'test.yaml', text }], { set });
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((e) => formatDiagnostic(e, sources)).join('\n'));
  return objects;
}

export function diagnose(text: string, set: string[] = []): readonly Diagnostic[] {
  return loadCluster([{ file: 'test.yaml', text }], { set }).diagnostics;
}

/** `error PW202`, in order. */
export function codes(text: string, set: string[] = []): string[] {
  return diagnose(text, set).map((diagnostic) => `${diagnostic.severity} ${diagnostic.code}`);
}

export function service(spec: string, name: string = 'web', more: string = ''): string {
  return `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: ${spec}\n${more}`;
}

export function flannel(netConf: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: kube-flannel-cfg, namespace: kube-flannel }\ndata:\n  net-conf.json: '${netConf}'\n`;
}

export function kubeProxy(fields: string): string {
  return `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n${fields}\n`;
}

export function node(name: string, podCIDR: string, address: string): string {
  return `apiVersion: v1\nkind: Node\nmetadata: { name: ${name}, labels: { topology.kubernetes.io/zone: z-${name} } }\nspec: { podCIDR: ${podCIDR} }\nstatus: { addresses: [{ type: InternalIP, address: ${address} }] }\n`;
}
