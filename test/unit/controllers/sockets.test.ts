import { describe, expect, it } from 'vitest';
import { ip } from '../../../src/addr/index.ts';
import { listeners, type SocketsInput } from '../../../src/controllers/sockets/index.ts';
import type { Service } from '../../../src/k8s/index.ts';
import { formatOrigin } from '../../../src/kernel/index.ts';
import { HOST_GW, LAN, labels, meta, node, pod, port, service, slice, VXLAN } from './objects.ts';

const EMPTY: SocketsInput = {
  nodes: [node('n1', ['192.168.56.11'])],
  pods: [],
  services: [],
  endpointSlices: [],
  flannel: HOST_GW,
  topology: LAN,
};

function sockets(input: Partial<SocketsInput>): string[] {
  return listeners({ ...EMPTY, ...input }).operations.map((o) => {
    if (o.op !== 'listen') return o.op;
    const { protocol, port: number, owner } = o.socket;
    const assumed = owner.kind === 'pod' && owner.assumed ? ' assumed' : '';
    const who = owner.kind === 'pod' ? `${owner.namespace}/${owner.name}` : owner.kind;
    return `${o.netns} ${protocol}/${number} ${who}${assumed}`;
  });
}

const APP = { meta: meta('web', 'default', { labels: labels({ app: 'web' }) }) };
const WEB: Service = service('web', {
  selector: labels({ app: 'web' }),
  ports: [
    { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 0 },
    { name: 'named', protocol: 'TCP', port: 81, targetPort: 'admin', nodePort: 0 },
  ],
});

describe('pods', () => {
  it('listen on the ports that they declare, ready or not, terminating or not', () => {
    const ports = [port(8080), port(53, 'UDP'), port(9000, 'SCTP')];
    const pods = [
      pod('a', 'n1', ['10.244.1.2'], { ports }),
      pod('b', 'n1', ['10.244.1.3'], { ports: [port(80)], ready: false }),
      pod('c', 'n1', ['10.244.1.4'], { ports: [port(80)], meta: meta('c', 'default', { deleting: true }) }),
    ];
    expect(sockets({ pods })).toEqual([
      'pod/default/a tcp/8080 default/a',
      'pod/default/a udp/53 default/a',
      'pod/default/a sctp/9000 default/a',
      'pod/default/b tcp/80 default/b',
      'pod/default/c tcp/80 default/c',
    ]);
  });

  it('do not listen once they are finished or while nothing runs them', () => {
    const pods = [
      pod('done', 'n1', ['10.244.1.2'], { ports: [port(80)], phase: 'Succeeded' }),
      pod('lost', '', [], { ports: [port(80)] }),
    ];
    expect(sockets({ pods })).toEqual([]);
  });

  it('on the network of their node listen there, the first in input order on a port that two want', () => {
    const more = { hostNetwork: true, ports: [port(80)] };
    const pods = [pod('a', 'n1', ['192.168.56.11'], more), pod('b', 'n1', ['192.168.56.11'], more)];
    expect(sockets({ pods })).toEqual(['node/n1 tcp/80 default/a']);
    const { diagnostics } = listeners({ ...EMPTY, pods });
    expect(diagnostics.map((d) => [d.severity, d.code, d.message])).toEqual([
      ['note', 'PW415', 'Pod default/b cannot listen on tcp/80 of node n1: Pod default/a does already'],
    ]);
  });

  it('may declare a port twice, in two containers', () => {
    const pods = [pod('a', 'n1', ['10.244.1.2'], { ports: [port(80), { ...port(80), container: 'd' }] })];
    expect(sockets({ pods })).toEqual(['pod/default/a tcp/80 default/a']);
    expect(listeners({ ...EMPTY, pods }).diagnostics).toEqual([]);
  });

  it('that declare none listen on the target ports of the Services that select them', () => {
    const pods = [pod('web', 'n1', ['10.244.1.2'], APP), pod('other', 'n1', ['10.244.1.3'])];
    const elsewhere = { ...WEB, meta: meta('web', 'prod') };
    expect(sockets({ pods, services: [elsewhere, WEB] })).toEqual([
      'pod/default/web tcp/8080 default/web assumed',
    ]);
    const [first] = listeners({ ...EMPTY, pods, services: [WEB] }).operations;
    expect(first?.op === 'listen' && formatOrigin(first.socket.origin)).toBe(
      'Service default/web spec.ports[0].targetPort (kubelet)',
    );
  });

  it('that declare one listen on that one alone', () => {
    const pods = [pod('web', 'n1', ['10.244.1.2'], { ...APP, ports: [port(9)] })];
    expect(sockets({ pods, services: [WEB] })).toEqual(['pod/default/web tcp/9 default/web']);
  });

  it('that declare none listen on the ports of EndpointSlices that name them or their address', () => {
    const endpoint = {
      ready: true,
      serving: true,
      terminating: false,
      hostname: '',
      nodeName: 'n1',
      zone: '',
    };
    const target = { kind: 'Pod', namespace: 'default', name: 'a' };
    const endpointSlices = [
      slice('named', {
        ports: [{ name: '', protocol: 'TCP', port: 81 }],
        endpoints: [{ ...endpoint, addresses: [ip('10.244.1.2')], targetRef: target }],
      }),
      slice('by-hand', {
        ports: [{ name: '', protocol: 'UDP', port: 53 }],
        endpoints: [{ ...endpoint, addresses: [ip('10.244.1.3')] }],
      }),
    ];
    const pods = [pod('a', 'n1', ['10.244.1.2']), pod('b', 'n1', ['10.244.1.3'])];
    expect(sockets({ pods, endpointSlices })).toEqual([
      'pod/default/a tcp/81 default/a assumed',
      'pod/default/b udp/53 default/b assumed',
    ]);
  });
});

describe('the address of a node in an EndpointSlice', () => {
  const endpoint = { ready: true, serving: true, terminating: false, hostname: '', nodeName: '', zone: '' };
  const endpointSlices = [
    slice('kubernetes', {
      ports: [{ name: 'https', protocol: 'TCP', port: 6443 }],
      endpoints: [{ ...endpoint, addresses: [ip('192.168.56.11')] }],
    }),
  ];
  const host = { hostNetwork: true };

  it('is served by the pod on its network that declares the port, whatever came before it', () => {
    const pods = [
      pod('etcd', 'n1', ['192.168.56.11'], host),
      pod('kube-apiserver', 'n1', ['192.168.56.11'], { ...host, ports: [port(6443)] }),
    ];
    expect(sockets({ pods, endpointSlices })[0]).toBe('node/n1 tcp/6443 default/kube-apiserver');
  });

  it('is served by the node when several pods on its network might be meant', () => {
    const pods = [
      pod('etcd', 'n1', ['192.168.56.11'], host),
      pod('kube-apiserver', 'n1', ['192.168.56.11'], host),
    ];
    expect(sockets({ pods, endpointSlices })).toEqual(['node/n1 tcp/6443 node']);
    expect(listeners({ ...EMPTY, pods, endpointSlices }).diagnostics).toEqual([]);
  });
});

describe('others', () => {
  it('listen: every node on the health check ports of the Services', () => {
    const services = [service('lb', { healthCheckNodePort: 30123 })];
    expect(sockets({ services })).toEqual(['node/n1 tcp/30123 node']);
  });

  it('listen: the kernel of every node on the port of the overlay', () => {
    expect(sockets({ flannel: VXLAN })).toEqual(['node/n1 udp/8472 vxlan']);
    if (VXLAN.backend.type !== 'vxlan') throw new Error('not vxlan');
    expect(sockets({ flannel: { ...VXLAN, backend: { ...VXLAN.backend, port: 4789 } } })).toEqual([
      'node/n1 udp/4789 vxlan',
    ]);
  });

  it('listen: hosts outside on what the Topology says', () => {
    const db = { name: 'db', ip: ip('203.0.113.50'), listens: [{ protocol: 'TCP', port: 5432 }] } as const;
    expect(sockets({ topology: { ...LAN, hosts: [db] } })).toEqual(['host/db tcp/5432 host']);
  });
});
