import { describe, expect, it } from 'vitest';
import { formatIp, ip } from '../../../src/addr/index.ts';
import {
  type Asked,
  ask,
  newSession,
  type Request,
  type Session,
  seededRandom,
  type World,
} from '../../../src/kernel/index.ts';
import { restore, twoNodeWorld } from '../../support/two-node-world.ts';

interface Seen {
  readonly asked: Asked;
  readonly session: Session;
  /** `delivered a2 from 10.244.1.2`, `reset`, `icmp 3/1`, `silence: NO_ROUTE ...` */
  readonly text: string;
}

function send(world: World, request: Request, first = true): Seen {
  const session = newSession(world, { chance: () => first }, seededRandom(1));
  const asked = ask(session, request);
  const [event] = asked.client.events;
  const accepted = session.accepted[0];
  const owner = accepted?.socket?.owner;
  const name = owner?.kind === 'pod' ? owner.name : (accepted?.netns.label ?? 'nobody');
  switch (event?.kind) {
    case 'answer':
      return { asked, session, text: `delivered ${name} from ${formatIp(accepted?.packet.src ?? 0)}` };
    case 'reset':
      return { asked, session, text: 'reset' };
    case 'icmp':
      return { asked, session, text: `icmp ${event.type}/${event.code} from ${formatIp(event.from)}` };
    case 'errno':
      return { asked, session, text: event.errno };
    default:
      return { asked, session, text: `silence: ${session.ends.at(-1)?.reason}` };
  }
}

const tcp = (netns: string, dst: string, dport: number): Request => ({
  netns,
  protocol: 'tcp',
  dst: ip(dst),
  dport,
});

const SERVICE = `*nat
:KUBE-SERVICES - [0:0]
:KUBE-SVC-X - [0:0]
:KUBE-SEP-A1 - [0:0]
:KUBE-SEP-A2 - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-NODEPORTS - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-X
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-MARK-MASQ
-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-SVC-X
-A KUBE-SVC-X ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-X -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-A1
-A KUBE-SVC-X -j KUBE-SEP-A2
-A KUBE-SEP-A1 -s 10.244.1.2/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-A1 -p tcp -m tcp -j DNAT --to-destination 10.244.1.2:8080
-A KUBE-SEP-A2 -s 10.244.2.2/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-A2 -p tcp -m tcp -j DNAT --to-destination 10.244.2.2:8080
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
COMMIT
`;

function withService(backend: 'vxlan' | 'host-gw' = 'vxlan'): World {
  const world = twoNodeWorld(backend);
  for (const n of ['node/node1', 'node/node2']) restore(world, n, SERVICE);
  return world;
}

describe('without any rules', () => {
  it('bridges between pods of one node with the TTL untouched', () => {
    const seen = send(twoNodeWorld(), tcp('pod/default/a1', '10.244.1.3', 8080));
    expect(seen.text).toBe('delivered b1 from 10.244.1.2');
  });
  it('carries a packet to the other node over VXLAN', () => {
    expect(send(twoNodeWorld(), tcp('pod/default/a1', '10.244.2.2', 8080)).text).toBe(
      'delivered a2 from 10.244.1.2',
    );
  });
  it('routes to the other node in host-gw mode', () => {
    expect(send(twoNodeWorld('host-gw'), tcp('pod/default/a1', '10.244.2.2', 8080)).text).toBe(
      'delivered a2 from 10.244.1.2',
    );
  });
  it('answers a closed port with RST and a closed UDP port with port unreachable', () => {
    expect(send(twoNodeWorld(), tcp('pod/default/a1', '10.244.2.2', 7)).text).toBe('reset');
    expect(send(twoNodeWorld(), { ...tcp('pod/default/a1', '10.244.2.2', 7), protocol: 'udp' }).text).toBe(
      'icmp 3/3 from 10.244.2.2',
    );
  });
  it('says host unreachable for an address that nobody has', () => {
    expect(send(twoNodeWorld(), tcp('pod/default/a1', '10.244.1.250', 80)).text).toBe(
      'icmp 3/1 from 10.244.1.2',
    );
    expect(send(twoNodeWorld(), tcp('pod/default/a1', '10.244.2.250', 80)).text).toBe(
      'icmp 3/1 from 10.244.2.0',
    );
  });
  it('says time exceeded from the node where the TTL ran out', () => {
    expect(send(twoNodeWorld(), { ...tcp('pod/default/a1', '10.244.2.2', 80), ttl: 1 }).text).toBe(
      'icmp 11/0 from 10.244.1.1',
    );
    expect(send(twoNodeWorld(), { ...tcp('pod/default/a1', '10.244.2.2', 80), ttl: 2 }).text).toBe(
      'icmp 11/0 from 10.244.2.0',
    );
  });
  it('answers pings', () => {
    expect(send(twoNodeWorld(), { ...tcp('pod/default/a1', '10.244.2.2', 0), protocol: 'icmp' }).text).toBe(
      'delivered default/a2 from 10.244.1.2',
    );
  });
  it('sends a node through flannel.1 with its own overlay address', () => {
    expect(send(twoNodeWorld(), tcp('node/node1', '10.244.2.2', 8080)).text).toBe(
      'delivered a2 from 10.244.1.0',
    );
    expect(send(twoNodeWorld(), tcp('node/node1', '10.244.1.2', 8080)).text).toBe(
      'delivered a1 from 10.244.1.1',
    );
  });
});

describe('with a Service', () => {
  it('translates a ClusterIP and back, to another node', () => {
    const seen = send(withService(), tcp('pod/default/b1', '10.96.0.10', 80), false);
    expect(seen.text).toBe('delivered a2 from 10.244.1.3');
  });
  it('keeps a translated packet on the bridge when the endpoint is behind it', () => {
    const seen = send(withService(), { ...tcp('pod/default/b1', '10.96.0.10', 80), ttl: 1 });
    expect(seen.text).toBe('delivered a1 from 10.244.1.3');
  });
  it('masquerades a pod that reaches itself', () => {
    expect(send(withService(), tcp('pod/default/a1', '10.96.0.10', 80)).text).toBe(
      'delivered a1 from 10.244.1.1',
    );
  });
  it('masquerades a node to the address towards the endpoint', () => {
    expect(send(withService(), tcp('node/node1', '10.96.0.10', 80), false).text).toBe(
      'delivered a2 from 10.244.1.0',
    );
    expect(send(withService(), tcp('node/node1', '10.96.0.10', 80)).text).toBe(
      'delivered a1 from 10.244.1.1',
    );
    expect(send(withService('host-gw'), tcp('node/node1', '10.96.0.10', 80), false).text).toBe(
      'delivered a2 from 192.168.56.11',
    );
  });
  it('takes NodePort traffic from outside to a pod of another node and back', () => {
    expect(send(withService(), tcp('host/client', '192.168.56.12', 30080)).text).toBe(
      'delivered a1 from 10.244.2.0',
    );
  });
  it('serves a NodePort on 127.0.0.1 thanks to route_localnet', () => {
    expect(send(withService(), tcp('node/node1', '127.0.0.1', 30080)).text).toBe(
      'delivered a1 from 10.244.1.1',
    );
    expect(send(withService(), tcp('node/node1', '127.0.0.1', 30080), false).text).toBe(
      'delivered a2 from 10.244.1.0',
    );
  });
  it('lets an undefined port of a ClusterIP leave for the gateway, which swallows it', () => {
    expect(send(withService(), tcp('pod/default/b1', '10.96.0.10', 9)).text).toBe('silence: BLACKHOLE_ROUTE');
  });
});
