import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

const BROKEN = `
apiVersion: v1
kind: Node
metadata: { name: node1, labels: { node-role.kubernetes.io/control-plane: "" } }
spec: { podCIDR: 10.244.1.0/24, taints: [{ key: dedicated, value: db, effect: NoSchedule }] }
status: { addresses: [{ type: InternalIP, address: 192.168.56.11 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, annotations: { note: "by hand" } }
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.10
  selector: { app: web }
  externalTrafficPolicy: Local
  healthCheckNodePort: 31000
  loadBalancerSourceRanges: [198.51.100.0/24]
  sessionAffinity: ClientIP
  externalIPs: [203.0.113.9]
  ports: [{ name: http, port: 80, targetPort: http, nodePort: 30080 }, { name: admin, port: 81, targetPort: 9999, nodePort: 30081 }]
status: { loadBalancer: { ingress: [{ ip: 203.0.113.10 }] } }
---
apiVersion: v1
kind: Pod
metadata: { name: good, labels: { app: web } }
spec: { nodeName: node1, containers: [{ name: c, image: x, ports: [{ name: http, containerPort: 8080 }] }] }
status: { phase: Running }
---
apiVersion: v1
kind: Pod
metadata: { name: slow, labels: { app: web } }
spec: { nodeName: node1, containers: [{ name: c, image: x, ports: [{ name: http, containerPort: 8080 }] }] }
status: { phase: Running, conditions: [{ type: Ready, status: "False" }] }
---
apiVersion: v1
kind: Pod
metadata: { name: nameless, labels: { app: web } }
spec: { nodeName: node1, containers: [{ name: c, image: x, ports: [{ containerPort: 8080 }] }] }
status: { phase: Running }
---
apiVersion: v1
kind: Pod
metadata: { name: ended, labels: { app: web } }
spec: { nodeName: node1, containers: [{ name: c, image: x }] }
status: { phase: Succeeded }
---
apiVersion: v1
kind: Pod
metadata: { name: agent }
spec:
  nodeName: node1
  hostNetwork: true
  nodeSelector: { disk: ssd }
  tolerations: [{ operator: Exists }, { key: a, value: b, effect: NoExecute }]
  containers: [{ name: c, image: x, ports: [{ containerPort: 9100 }] }]
status: { phase: Running }
`;

/** The page of an object of the broken cluster. */
async function page(what: string): Promise<string> {
  const { stdout, code } = await podwalk(['describe', what, '-f', '-'], { stdin: BROKEN });
  expect(code).toBe(0);
  return stdout;
}

describe('podwalk describe', () => {
  it('says of a Service who is served, who is not, and why', async () => {
    const text = await page('svc/web');
    expect(text).toMatch(/\nType: +LoadBalancer\n/);
    expect(text).toMatch(/\nEndpoints: +10\.244\.1\.2:8080\n/);
    expect(text).toMatch(/\nLoadBalancer Ingress: +203\.0\.113\.10 \(VIP\)\n/);
    expect(text).toMatch(/\nSession Affinity: +ClientIP \(10800 s\)\n/);
    expect(text).toMatch(/\nHealthCheck NodePort: +31000\n/);
    expect(text).toMatch(/ Pod\/good +10\.244\.1\.2:8080 +node1 +yes\n/);
    expect(text).toMatch(/ Pod\/good +10\.244\.1\.2:9999 +node1 +yes, but nothing listens on 9999\/TCP\n/);
    expect(text).toMatch(/ Pod\/slow +10\.244\.1\.3:8080 +node1 +no: not ready\n/);
    expect(text).toMatch(/ Pod\/ended +it has ended \(Completed\)\n/);
    expect(text).toMatch(/ Pod\/nameless +no container of it names a port "http" \(TCP\)\n/);
  });

  it('counts the rules of a Service that its node has, as the dump shows them', async () => {
    const text = await page('svc/web');
    const dump = await podwalk(['dump', 'iptables-save', '--node', 'node1', '-f', '-'], { stdin: BROKEN });
    const rules = dump.stdout
      .split('\n')
      .filter((line) => line.startsWith('-A ') && line.includes('default/web:'));
    // The jumps from KUBE-EXT to KUBE-SVL and KUBE-FW's rules for the ranges carry no name of the Service or another.
    const unnamed = dump.stdout
      .split('\n')
      .filter((line) => /^-A KUBE-(EXT|FW)-/.test(line) && !line.includes('default/web:'));
    expect(Number(/(\d+) on node1, from KUBE-/.exec(text)?.[1])).toBe(rules.length + unnamed.length);
    expect(text).toContain('(podwalk dump iptables-save --node node1 ... | grep default/web)\n');
  });

  it('says of a pod where its cable ends, its routes, what listens and which Services send to it', async () => {
    const text = await page('pod/good');
    expect(text).toMatch(/\nNode: +node1\/192\.168\.56\.11\n/);
    expect(text).toMatch(/\n {2}Veth: +veth[0-9a-f]{8} on node1, port 1 of cni0\n/);
    expect(text).toMatch(/\n {4}default via 10\.244\.1\.1 dev eth0\n/);
    expect(text).toMatch(/\n {4}tcp\/8080 +pod default\/good\n/);
    expect(text).toMatch(/\nServices:\n {2}web: 10\.244\.1\.2:8080, 10\.244\.1\.2:9999\n/);
    expect(await page('pod/slow')).toMatch(/web: 10\.244\.1\.3:8080 \(not ready\)/);
    expect(await page('pod/ended')).toMatch(/\nServices:\n {2}web: chosen, but not served\n/);
  });

  it('says that a pod of the host network has no namespace of its own', async () => {
    const text = await page('pod/agent');
    expect(text).toMatch(/\nHost Network: +true\n/);
    expect(text).toMatch(/\n {2}Namespace: +that of node node1: hostNetwork\n/);
    expect(text).toMatch(/\nTolerations: +op=Exists\n +a=b:NoExecute\n/);
    expect(text).toMatch(/\nNode-Selectors: +disk=ssd\n/);
    expect(text).not.toContain('Devices');
  });

  it('says of a node its devices, routes, pods and rules', async () => {
    const text = await page('node/node1');
    expect(text).toMatch(/\nRoles: +control-plane\n/);
    expect(text).toMatch(/\nTaints: +dedicated=db:NoSchedule\n/);
    expect(text).toMatch(/\nNon-terminated Pods \(4\):\n/);
    expect(text).toMatch(/\n {2}cni0 +bridge, 3 ports +UP +1450 +\S+ +10\.244\.1\.1\/24\n/);
    expect(text).toMatch(/\n {2}10\.244\.1\.0\/24 dev cni0 proto kernel scope link src 10\.244\.1\.1\n/);
    expect(text).toMatch(/\n {2}nat: \d+ rules in \d+ chains\n/);
    expect(text).not.toContain('fe80');
  });

  it('has a page for every kind', async () => {
    const { stdout, code } = await podwalk(['describe', 'all,no,ns,ep,endpointslices', '-t', 'three-nodes']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/AddressType: +IPv4\n/);
    expect(stdout).toMatch(/NotReadyAddresses: +<none>\n/);
    const bare = await podwalk(['describe', 'deploy,rs', '-f', 'docs/manifests/bare.yaml']);
    expect(bare.stdout).toMatch(/\nReplicas: +2 desired \| 2 total \| 2 ready\nReplicaSets: +web-/);
    expect(bare.stdout).toMatch(/\nControlled By: +Deployment\/web\n/);
  });

  it('says of a NetworkPolicy what it allows, and to which pods', async () => {
    const policy = (name: string, spec: string): string =>
      `---\n{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: ${name} }, spec: ${spec} }\n`;
    const stdin =
      BROKEN +
      policy('deny', '{ podSelector: {}, policyTypes: [Ingress, Egress], egress: [{}] }') +
      policy(
        'web',
        '{ podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchLabels: { a: b } }, namespaceSelector: {} }, { ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }], ports: [{ port: 80, endPort: 90 }] }] }',
      );
    const { stdout, code } = await podwalk(['describe', 'netpol', '-f', '-'], { stdin });
    expect(code).toBe(0);
    expect(stdout).toContain(
      'Allowing ingress traffic:\n    <none> (Selected pods are isolated for ingress connectivity)\n',
    );
    expect(stdout).toContain('    To: <any> (traffic not restricted by destination)\n');
    expect(stdout).toContain(
      '    To Port: 80-90/TCP\n    From:\n      NamespaceSelector:  <none>\n      PodSelector:        a=b\n',
    );
    expect(stdout).toContain('      IPBlock CIDR:  10.0.0.0/8\n      Except:        10.1.0.0/16\n');
    expect(stdout).toContain('  Not affecting egress traffic\n');
    expect(stdout).toMatch(/\nPods:\n {2}ended\n {2}good\n {2}nameless\n {2}slow\n/);
    const { stdout: json } = await podwalk(['get', 'netpol', '-o', 'json', '-f', '-'], { stdin });
    const again = await podwalk(['describe', 'netpol', '-f', '-'], { stdin: json });
    expect(again.stdout.replace(/\nPods: .*\n/g, '\n')).toBe(stdout.replace(/\nPods:\n( {2}.*\n)+/g, '\n'));
  });

  it('exits 1 when a named object is missing, and says when there is none at all', async () => {
    expect(await podwalk(['describe', 'svc/wbe', '-t', 'two-nodes'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: services "wbe" not found (did you mean "web"?)\n',
    });
    expect((await podwalk(['describe', 'deploy', '-t', 'two-nodes'])).stderr).toBe(
      'No resources found in default namespace\n',
    );
    expect((await podwalk(['describe', 'svcs', '-t', 'two-nodes'])).code).toBe(2);
  });
});
