import { describe, expect, it } from 'vitest';
import { podwalk } from '../../fixtures/cli.ts';

describe('podwalk tree', () => {
  it('draws a Service down to cables and chains', async () => {
    const { stdout, code } = await podwalk(['tree', 'svc/web', '-t', 'two-nodes']);
    expect(code).toBe(0);
    expect(stdout).toBe(
      `NAMESPACE   NAME                            READY   DETAIL
default     Service/web                     -       ClusterIP 10.96.0.10 80/TCP
default     ├─EndpointSlice/web-wc594       -       IPv4 8080/TCP
default     │ ├─Pod/web-0                   True    10.244.1.2 on node1
default     │ │ └─veth53842afe              -       eth0 of the pod, port 1 of cni0
default     │ └─Pod/web-1                   True    10.244.2.3 on node2
default     │   └─veth96603d4d              -       eth0 of the pod, port 2 of cni0
default     └─KUBE-SVC-CDGGSHYLG3RE2FKL     -       3 rules on every node
default       ├─KUBE-SEP-UIQK3OSOSTRHRPBX   -       DNAT to 10.244.1.2:8080 on every node
default       └─KUBE-SEP-VQGOCFX4X6FWJPNR   -       DNAT to 10.244.2.3:8080 on every node
`,
    );
  });

  it('draws a chain once, and says on which nodes it is', async () => {
    const { stdout } = await podwalk(['tree', 'svc/web', '-t', 'nodeport-local']);
    expect(stdout.match(/KUBE-SVC-\S+ +- +2 rules on every node/g)).toHaveLength(1);
    expect(stdout).toMatch(/─KUBE-SVC-\S+ +- +as above\n/);
    expect(stdout).toMatch(/─KUBE-SVL-\S+ +- +1 rule on node2\n/);
  });

  it('draws workloads, nodes and pods', async () => {
    const deploy = await podwalk(['tree', 'deploy/web', '-f', 'docs/manifests/bare.yaml']);
    expect(deploy.stdout).toMatch(/Deployment\/web.*\n.*└─ReplicaSet\/web-.*\n.*├─Pod\/web-.*\n.*│ └─veth/);
    const node = await podwalk(['tree', 'node/node1', '-t', 'two-nodes']);
    expect(node.stdout).toMatch(/└─cni0 .*\n {2}└─veth53842afe .*\n {4}└─Pod\/web-0 +True/);
    const pod = await podwalk(['tree', 'pod', 'client', '-t', 'two-nodes']);
    expect(pod.stdout).toMatch(/Pod\/client +True .*\n.*└─veth/);
  });

  it('says what is not ready, and gives the same as data', async () => {
    const { stdout } = await podwalk(['tree', 'svc/web', '-t', 'two-nodes', '-o', 'json']);
    const root = JSON.parse(stdout);
    expect(root).toMatchObject({
      name: 'Service/web',
      children: [
        { name: 'EndpointSlice/web-wc594', children: [{ ready: 'True' }, {}] },
        { children: [{}, {}] },
      ],
    });
  });

  it('exits 1 when the object is not there', async () => {
    const { code, stdout } = await podwalk(['tree', 'svc/nobody', '-t', 'two-nodes']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});
