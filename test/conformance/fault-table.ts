/**
 * Faults as somebody makes them by hand, and what becomes of flows then: in the words of `--break`, which the emulator
 * takes, and which are commands that the real tools take. The cluster is test/support/fault-cluster.yaml.
 */
export interface Fault {
  readonly name: string;
  /** With a NetworkPolicy as well, or with routes instead of tunnels. */
  readonly of?: 'policies' | 'host-gw';
  readonly breaks: readonly string[];
  readonly flows: readonly FaultedFlow[];
}

/** The words of a probe; what its program sees; the device that the flow is last seen on, going or coming back. */
export type FaultedFlow = readonly [flow: string, becomes: string, last: string];

export const FAULTS: readonly Fault[] = [
  {
    name: 'a node’s card is down',
    breaks: ['node1: ip link set eth0 down'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node1 flannel.1 out'],
      ['pod/client 10.96.0.10:80', 'delivered', 'pod/default/client eth0 in'],
      ['external 192.168.56.11:30010', 'unreachable EHOSTUNREACH', 'host/client lo in'],
    ],
  },
  {
    name: 'the tunnel is down where the packet leaves',
    breaks: ['node1: ip link set flannel.1 down'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'router/gateway eth0 in'],
      ['pod/client 10.244.2.2 -p icmp', 'timeout', 'router/gateway eth0 in'],
    ],
  },
  {
    name: 'the tunnel is down where the packet arrives',
    breaks: ['node2: ip link set flannel.1 down'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node1 eth0 in'],
      ['pod/client 10.96.0.53:53 -p udp', 'timeout', 'node/node1 eth0 in'],
    ],
  },
  {
    name: 'the bridge is down',
    breaks: ['node1: ip link set cni0 down'],
    flows: [
      ['pod/client 10.96.0.10:80', 'unreachable EHOSTUNREACH', 'pod/default/client lo in'],
      ['node/node1 10.244.1.3:8080', 'timeout', 'router/gateway eth0 in'],
    ],
  },
  {
    name: 'the server’s bridge is down',
    breaks: ['node2: ip link set cni0 down'],
    flows: [['pod/client 10.96.0.20:80', 'timeout', 'router/gateway eth0 in']],
  },
  {
    name: 'the port of a pod is down',
    breaks: ['node2: ip link set vethe8853f44 down'],
    flows: [
      ['pod/client 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['node/node2 10.244.2.2:8080', 'unreachable EHOSTUNREACH', 'node/node2 lo in'],
    ],
  },
  {
    name: 'the card of a pod is down',
    breaks: ['pod/default/db: ip link set eth0 down'],
    flows: [
      ['pod/client 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['pod/client 10.96.0.53:53 -p udp', 'timeout', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'a pod is gone',
    breaks: ['pod/default/db: ip link del eth0'],
    flows: [
      ['pod/client 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['node/node2 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'node/node2 lo in'],
    ],
  },
  {
    name: 'the tunnel is deleted',
    breaks: ['node1: ip link del flannel.1'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'router/gateway eth0 in'],
      ['pod/client 10.96.0.10:80', 'delivered', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'the bridge is deleted',
    breaks: ['node2: ip link del cni0'],
    flows: [['pod/client 10.96.0.20:80', 'timeout', 'router/gateway eth0 in']],
  },
  {
    name: 'a port has left the bridge',
    breaks: ['node1: ip link set veth82b3ade9 nomaster'],
    flows: [
      ['pod/client 10.96.0.10:80', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['node/node1 10.244.1.3 -p icmp', 'unreachable EHOSTUNREACH', 'node/node1 lo in'],
    ],
  },
  {
    name: 'a tunnel takes less',
    breaks: ['node1: ip link set flannel.1 mtu 600'],
    flows: [
      [
        'pod/client 10.244.2.2 -p icmp --size 1000 --df',
        'unreachable EMSGSIZE',
        'pod/default/client eth0 in',
      ],
      ['pod/client 10.244.2.2 -p icmp --size 1000', 'unreachable EMSGSIZE', 'pod/default/client eth0 in'],
      ['pod/client 10.244.2.2 -p icmp --size 572 --df', 'delivered', 'pod/default/client eth0 in'],
      ['pod/client 10.244.2.2 -p icmp --size 573 --df', 'unreachable EMSGSIZE', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'a node’s card takes less than the tunnel',
    breaks: ['node1: ip link set eth0 mtu 1000'],
    flows: [
      ['pod/client 10.244.2.2 -p icmp --size 1300', 'timeout', 'switch/lan un-node1 out'],
      ['pod/client 10.244.2.2 -p icmp --size 800 --df', 'delivered', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'a bridge takes less than its ports',
    breaks: ['node2: ip link set cni0 mtu 700'],
    flows: [
      [
        'pod/client 10.244.2.2 -p icmp --size 1000 --df',
        'unreachable EMSGSIZE',
        'pod/default/client eth0 in',
      ],
      ['pod/client 10.244.2.2 -p icmp --size 1000', 'unreachable EMSGSIZE', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'the tunnel has another MAC',
    breaks: ['node2: ip link set flannel.1 address 02:00:00:00:00:aa'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node2 flannel.1 in'],
      ['pod/client 10.244.2.2 -p icmp', 'timeout', 'node/node2 flannel.1 in'],
    ],
  },
  {
    name: 'the tunnels have different numbers',
    breaks: [
      'node2: ip link del flannel.1',
      'node2: ip link add flannel.1 address f6:d6:83:f9:a0:52 mtu 1450 type vxlan id 2 dev eth0 local 192.168.56.12 dstport 8472 nolearning',
      'node2: ip addr add 10.244.2.0/32 dev flannel.1',
      'node2: ip link set flannel.1 up',
      'node2: ip route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink',
      'node2: ip neigh replace 10.244.1.0 lladdr f6:91:0f:7a:a7:95 dev flannel.1 nud permanent',
      'node2: bridge fdb append f6:91:0f:7a:a7:95 dev flannel.1 dst 192.168.56.11',
    ],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node2 eth0 in'],
      ['pod/client 10.244.2.2 -p icmp', 'timeout', 'node/node2 eth0 in'],
    ],
  },
  {
    name: 'the tunnels have different ports',
    breaks: [
      'node2: ip link del flannel.1',
      'node2: ip link add flannel.1 address f6:d6:83:f9:a0:52 mtu 1450 type vxlan id 1 dev eth0 local 192.168.56.12 dstport 4789 nolearning',
      'node2: ip addr add 10.244.2.0/32 dev flannel.1',
      'node2: ip link set flannel.1 up',
      'node2: ip route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink',
      'node2: ip neigh replace 10.244.1.0 lladdr f6:91:0f:7a:a7:95 dev flannel.1 nud permanent',
      'node2: bridge fdb append f6:91:0f:7a:a7:95 dev flannel.1 dst 192.168.56.11',
    ],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node1 eth0 in'],
      ['pod/client 10.96.0.53:53 -p udp', 'timeout', 'node/node1 eth0 in'],
    ],
  },
  {
    name: 'no FDB entry for the other tunnel',
    breaks: ['node1: bridge fdb del f6:d6:83:f9:a0:52 dev flannel.1'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node1 flannel.1 out'],
      ['pod/client 10.96.0.53:53 -p udp', 'timeout', 'node/node1 flannel.1 out'],
    ],
  },
  {
    name: 'an FDB entry that leads to an address that nobody has',
    breaks: ['node1: bridge fdb replace f6:d6:83:f9:a0:52 dev flannel.1 dst 192.168.56.99'],
    flows: [['pod/client 10.96.0.20:80', 'timeout', 'node/node1 lo in']],
  },
  {
    name: 'an FDB entry that leads to a host',
    breaks: ['node1: bridge fdb replace f6:d6:83:f9:a0:52 dev flannel.1 dst 192.168.56.100'],
    flows: [['pod/client 10.96.0.20:80', 'timeout', 'node/node1 eth0 in']],
  },
  {
    name: 'no neighbour behind the tunnel',
    breaks: ['node1: ip neigh del 10.244.2.0 dev flannel.1'],
    flows: [
      ['pod/client 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['pod/client 10.96.0.53:53 -p udp', 'timeout', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'the wrong MAC behind the tunnel',
    breaks: ['node1: ip neigh replace 10.244.2.0 lladdr 02:00:00:00:00:99 dev flannel.1 nud permanent'],
    flows: [['pod/client 10.96.0.20:80', 'timeout', 'node/node1 flannel.1 out']],
  },
  {
    name: 'the wrong MAC of a pod',
    breaks: ['node1: ip neigh replace 10.244.1.3 lladdr 02:00:00:00:00:99 dev cni0 nud permanent'],
    flows: [
      ['pod/client 10.96.0.10:80', 'timeout', 'pod/default/web eth0 in'],
      ['external 192.168.56.11:30010', 'timeout', 'pod/default/web eth0 in'],
    ],
  },
  {
    name: 'the wrong MAC of the gateway',
    breaks: [
      'pod/default/client: ip neigh replace 10.244.1.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent',
    ],
    flows: [
      ['pod/client 10.96.0.20:80', 'delivered', 'pod/default/client eth0 in'],
      ['pod/client 10.244.1.3:8080', 'delivered', 'pod/default/client eth0 in'],
      ['pod/client 10.244.2.2:8080', 'timeout', 'pod/default/web eth0 in'],
    ],
  },
  {
    name: 'no route to the other pods',
    breaks: ['node1: ip route del 10.244.2.0/24'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'router/gateway eth0 in'],
      ['pod/client 10.244.2.2 -p icmp', 'timeout', 'router/gateway eth0 in'],
      ['node/node1 10.244.2.2:8080', 'timeout', 'router/gateway eth0 in'],
    ],
  },
  {
    name: 'no default route',
    breaks: ['node1: ip route del default'],
    flows: [
      ['node/node1 10.96.0.20:80', 'unreachable ENETUNREACH', 'nowhere'],
      ['pod/client 10.96.0.20:80', 'delivered', 'pod/default/client eth0 in'],
      ['pod/client 203.0.113.9:80', 'unreachable ENETUNREACH', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'a blackhole',
    breaks: ['node1: ip route add blackhole 10.244.2.2'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node1 cni0 in'],
      ['pod/client 10.96.0.53:53 -p udp', 'timeout', 'node/node1 cni0 in'],
      ['node/node1 10.244.2.2:8080', 'unreachable EINVAL', 'nowhere'],
    ],
  },
  {
    name: 'an unreachable route',
    breaks: ['node1: ip route add unreachable 10.244.2.2'],
    flows: [
      ['pod/client 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['pod/client 10.96.0.53:53 -p udp', 'timeout', 'pod/default/client eth0 in'],
      ['node/node1 10.244.2.2:8080', 'unreachable EHOSTUNREACH', 'nowhere'],
    ],
  },
  {
    name: 'a prohibited route',
    breaks: ['node1: ip route add prohibit 10.244.2.2'],
    flows: [
      ['pod/client 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['pod/client 10.96.0.53:53 -p udp', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['node/node1 10.244.2.2:8080', 'unreachable EACCES', 'nowhere'],
    ],
  },
  {
    name: 'a route by the gateway',
    breaks: ['node1: ip route replace 10.244.2.0/24 via 192.168.56.1'],
    flows: [['pod/client 10.96.0.20:80', 'timeout', 'router/gateway eth0 in']],
  },
  {
    name: 'no way back',
    breaks: ['node2: ip route del 10.244.1.0/24'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'router/gateway eth0 in'],
      ['pod/client 10.244.2.2 -p icmp', 'timeout', 'router/gateway eth0 in'],
    ],
  },
  {
    name: 'a rule before the routes',
    breaks: [
      'node1: ip route add unreachable default table 99',
      'node1: ip rule add from 10.244.1.0/24 lookup 99 priority 100',
    ],
    flows: [
      ['pod/client 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['pod/client 10.244.2.2 -p icmp', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['node/node1 10.244.2.2:8080', 'unreachable EHOSTUNREACH', 'nowhere'],
    ],
  },
  {
    name: 'a pod without a default route',
    breaks: ['pod/default/client: ip route del default'],
    flows: [
      ['pod/client 10.96.0.20:80', 'unreachable ENETUNREACH', 'nowhere'],
      ['pod/client 10.244.1.3:8080', 'delivered', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'a server without routes',
    breaks: ['pod/default/db: ip route flush dev eth0'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'pod/default/db eth0 in'],
      ['pod/client 10.244.2.2 -p icmp', 'timeout', 'pod/default/db eth0 in'],
      ['node/node2 10.244.2.2:8080', 'timeout', 'pod/default/db eth0 in'],
    ],
  },
  {
    name: 'a pod whose gateway nobody has',
    breaks: ['pod/default/client: ip route replace default via 10.244.1.99'],
    flows: [
      ['pod/client 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'pod/default/client lo in'],
      ['pod/client 10.96.0.53:53 -p udp', 'timeout', 'pod/default/client lo in'],
    ],
  },
  {
    name: 'a bridge without an address',
    breaks: ['node1: ip addr del 10.244.1.1/24 dev cni0'],
    flows: [
      ['pod/client 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'pod/default/client lo in'],
      ['pod/client 10.244.1.3:8080', 'delivered', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'a pod without an address',
    breaks: ['pod/default/web: ip addr flush dev eth0'],
    flows: [
      ['pod/client 10.96.0.10:80', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['node/node1 10.244.1.3 -p icmp', 'unreachable EHOSTUNREACH', 'node/node1 lo in'],
    ],
  },
  {
    name: 'a node without an address',
    breaks: ['node2: ip addr del 192.168.56.12/24 dev eth0'],
    flows: [['pod/client 10.96.0.20:80', 'timeout', 'node/node1 lo in']],
  },
  {
    name: 'no forwarding where the packet leaves',
    breaks: ['node1: sysctl -w net.ipv4.ip_forward=0'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node1 cni0 in'],
      ['pod/client 10.96.0.10:80', 'timeout', 'node/node1 cni0 in'],
      ['pod/client 10.244.1.3:8080', 'delivered', 'pod/default/client eth0 in'],
      ['node/node1 10.96.0.20:80', 'delivered', 'node/node1 flannel.1 in'],
    ],
  },
  {
    name: 'no forwarding where the packet arrives',
    breaks: ['node2: sysctl -w net.ipv4.ip_forward=0'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node2 flannel.1 in'],
      ['pod/client 10.96.0.53:53 -p udp', 'timeout', 'node/node2 flannel.1 in'],
    ],
  },
  {
    name: 'bridges that do not call iptables',
    breaks: ['node1: sysctl -w net.bridge.bridge-nf-call-iptables=0'],
    flows: [
      ['pod/client 10.96.0.10:80', 'timeout', 'pod/default/client eth0 in'],
      ['pod/client 10.96.0.1:80', 'delivered', 'pod/default/client eth0 in'],
      ['pod/client 10.96.0.20:80', 'delivered', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'a strict rp_filter and an asymmetric way',
    breaks: [
      'node2: sysctl -w net.ipv4.conf.all.rp_filter=1',
      'node2: ip route replace 10.244.1.0/24 via 192.168.56.11 dev eth0',
    ],
    flows: [['pod/client 10.96.0.20:80', 'timeout', 'node/node2 flannel.1 in']],
  },
  {
    name: 'a loose rp_filter and an asymmetric way',
    breaks: [
      'node2: sysctl -w net.ipv4.conf.all.rp_filter=2',
      'node2: ip route replace 10.244.1.0/24 via 192.168.56.11 dev eth0',
    ],
    flows: [['pod/client 10.96.0.20:80', 'delivered', 'pod/default/client eth0 in']],
  },
  {
    name: 'no nodePorts at 127.0.0.1',
    breaks: ['node1: sysctl -w net.ipv4.conf.all.route_localnet=0'],
    flows: [['node/node1 127.0.0.1:30010', 'timeout', 'nowhere']],
  },
  {
    name: 'packets of pods are dropped',
    breaks: ['node1: iptables -I FORWARD -s 10.244.0.0/16 -j DROP'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node1 cni0 in'],
      ['pod/client 10.96.0.10:80', 'timeout', 'node/node1 veth6844d090 in'],
      ['pod/client 10.244.1.3:8080', 'timeout', 'node/node1 veth6844d090 in'],
    ],
  },
  {
    name: 'a REJECT',
    breaks: ['node1: iptables -I FORWARD -d 10.244.2.0/24 -j REJECT'],
    flows: [
      ['pod/client 10.96.0.20:80', 'refused ECONNREFUSED', 'pod/default/client eth0 in'],
      ['pod/client 10.96.0.53:53 -p udp', 'refused ECONNREFUSED', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'a REJECT with a RST',
    breaks: ['node1: iptables -I FORWARD -p tcp -d 10.244.2.0/24 -j REJECT --reject-with tcp-reset'],
    flows: [['pod/client 10.96.0.20:80', 'timeout', 'pod/default/client eth0 in']],
  },
  {
    name: 'a REJECT with host prohibited',
    breaks: ['node2: iptables -I FORWARD -d 10.244.2.0/24 -j REJECT --reject-with icmp-host-prohibited'],
    flows: [
      ['pod/client 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['pod/client 10.244.2.2 -p icmp', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'FORWARD drops what no rule takes',
    breaks: [
      'node1: iptables -P FORWARD DROP',
      'node1: iptables -D FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD',
    ],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node1 cni0 in'],
      ['external 192.168.56.11:30020', 'delivered', 'host/client eth0 in'],
    ],
  },
  {
    name: 'the tunnel’s port is closed on arrival',
    breaks: ['node2: iptables -I INPUT -p udp --dport 8472 -j DROP'],
    flows: [['pod/client 10.96.0.20:80', 'timeout', 'node/node2 eth0 in']],
  },
  {
    name: 'the tunnel’s port is closed on departure',
    breaks: ['node1: iptables -I OUTPUT -p udp --dport 8472 -j DROP'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node1 flannel.1 out'],
      ['node/node1 10.244.2.2:5353 -p udp', 'timeout', 'node/node1 flannel.1 out'],
    ],
  },
  {
    name: 'the tunnel’s port is rejected on arrival',
    breaks: ['node2: iptables -I INPUT -p udp --dport 8472 -j REJECT'],
    flows: [['pod/client 10.96.0.20:80', 'timeout', 'node/node1 eth0 in']],
  },
  {
    name: 'a DROP behind everything',
    breaks: ['node1: iptables -t mangle -A POSTROUTING -d 10.244.2.2 -j DROP'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node1 cni0 in'],
      ['node/node1 10.244.2.2:5353 -p udp', 'denied EPERM', 'nowhere'],
    ],
  },
  {
    name: 'a DROP before everything',
    breaks: ['node1: iptables -t raw -A PREROUTING -s 10.244.1.2 -j DROP'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'node/node1 veth6844d090 in'],
      ['pod/client 10.96.0.53:53 -p udp', 'timeout', 'node/node1 veth6844d090 in'],
    ],
  },
  {
    name: 'no connection tracking',
    breaks: ['node1: iptables -t raw -A PREROUTING -s 10.244.1.2 -j CT --notrack'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'router/gateway eth0 in'],
      ['pod/client 10.244.2.2:8080', 'timeout', 'node/node1 flannel.1 in'],
    ],
  },
  {
    name: 'a Service’s chain is empty',
    breaks: ['node1: iptables -t nat -F KUBE-SVC-I55P7MSL3WB3WNBE'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'router/gateway eth0 in'],
      ['pod/client 10.96.0.10:80', 'delivered', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'nobody asks for Services',
    breaks: [
      'node1: iptables -t nat -D PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    ],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'router/gateway eth0 in'],
      ['node/node1 10.96.0.20:80', 'delivered', 'node/node1 flannel.1 in'],
    ],
  },
  {
    name: 'no table nat at all',
    breaks: ['node1: iptables -t nat -F'],
    flows: [
      ['pod/client 10.96.0.20:80', 'timeout', 'router/gateway eth0 in'],
      ['pod/client 10.244.2.2 -p icmp', 'delivered', 'pod/default/client eth0 in'],
      ['external 192.168.56.11:30010', 'refused ECONNREFUSED', 'host/client eth0 in'],
    ],
  },
  {
    name: 'nothing is masqueraded for Services',
    breaks: [
      'node1: iptables -t nat -D KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    ],
    flows: [
      ['pod/client 10.96.0.1:80', 'timeout', 'pod/default/client eth0 in'],
      ['external 192.168.56.11:30020', 'delivered', 'host/client eth0 in'],
    ],
  },
  {
    name: 'nothing is masqueraded by flannel',
    breaks: ['node1: iptables -t nat -F FLANNEL-POSTRTG'],
    flows: [
      ['pod/client 203.0.113.9:80', 'timeout', 'router/gateway eth0 in'],
      ['pod/client 192.168.56.12 -p icmp', 'delivered', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'everything is masqueraded',
    breaks: ['node1: iptables -t nat -I POSTROUTING -j MASQUERADE'],
    flows: [
      ['pod/client 10.96.0.20:80', 'delivered', 'pod/default/client eth0 in'],
      ['pod/client 10.244.1.3:8080', 'delivered', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'a Service leads to an address that nobody has',
    breaks: [
      'node1: iptables -t nat -I KUBE-SERVICES -d 10.96.0.20 -p tcp -j DNAT --to-destination 10.244.2.99:8080',
    ],
    flows: [['pod/client 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in']],
  },
  {
    name: 'a Service leads to another pod',
    breaks: [
      'node1: iptables -t nat -I KUBE-SERVICES -d 10.96.0.20 -p tcp -j DNAT --to-destination 10.244.1.3:8080',
    ],
    flows: [['pod/client 10.96.0.20:80', 'delivered', 'pod/default/client eth0 in']],
  },
  {
    name: 'a pod that rejects its own packets',
    breaks: ['pod/default/client: iptables -A OUTPUT -d 10.0.0.0/8 -p udp -j REJECT'],
    flows: [
      ['pod/client 10.96.0.53:53 -p udp', 'denied EPERM', 'pod/default/client lo in'],
      ['pod/client 10.96.0.20:80', 'delivered', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'a pod that drops its own packets',
    breaks: ['pod/default/client: iptables -A OUTPUT -d 10.0.0.0/8 -j DROP'],
    flows: [
      ['pod/client 10.96.0.53:53 -p udp', 'denied EPERM', 'nowhere'],
      ['pod/client 10.96.0.20:80', 'timeout', 'nowhere'],
    ],
  },
  {
    name: 'a pod that takes nothing',
    breaks: ['pod/default/web: iptables -P INPUT DROP'],
    flows: [
      ['pod/client 10.96.0.10:80', 'timeout', 'pod/default/web eth0 in'],
      ['node/node1 10.244.1.3 -p icmp', 'timeout', 'pod/default/web eth0 in'],
    ],
  },
  {
    name: 'no hairpin',
    breaks: ['node1: bridge link set dev veth6844d090 hairpin off'],
    flows: [
      ['pod/client 10.96.0.1:80', 'timeout', 'node/node1 veth6844d090 in'],
      ['pod/client 10.96.0.10:80', 'delivered', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'a set loses its member',
    of: 'policies',
    breaks: ['node2: ipset del KUBE-SRC-YXQOICEX3OOJ6IP2 10.244.1.2'],
    flows: [
      ['pod/client 10.96.0.20:80', 'refused ECONNREFUSED', 'pod/default/client eth0 in'],
      ['pod/web 10.96.0.20:80', 'refused ECONNREFUSED', 'pod/default/web eth0 in'],
    ],
  },
  {
    name: 'a set gets a member',
    of: 'policies',
    breaks: ['node2: ipset add KUBE-SRC-YXQOICEX3OOJ6IP2 10.244.1.3'],
    flows: [
      ['pod/client 10.96.0.20:80', 'delivered', 'pod/default/client eth0 in'],
      ['pod/web 10.96.0.20:80', 'delivered', 'pod/default/web eth0 in'],
    ],
  },
  {
    name: 'a set is empty',
    of: 'policies',
    breaks: ['node2: ipset flush KUBE-DST-5TXVTJBNBTDVMUWY'],
    flows: [
      ['pod/client 10.96.0.20:80', 'refused ECONNREFUSED', 'pod/default/client eth0 in'],
      ['pod/client 10.96.0.53:53 -p udp', 'refused ECONNREFUSED', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'a pod’s firewall chain is empty',
    of: 'policies',
    breaks: ['node2: iptables -F KUBE-POD-FW-ZWYIWDYH6EEI2E4W'],
    flows: [['pod/web 10.96.0.20:80', 'delivered', 'pod/default/web eth0 in']],
  },
  {
    name: 'a next hop that nobody has',
    of: 'host-gw',
    breaks: ['node1: ip route replace 10.244.2.0/24 via 192.168.56.99'],
    flows: [
      ['pod/client 10.96.0.20:80', 'unreachable EHOSTUNREACH', 'pod/default/client eth0 in'],
      ['pod/client 10.96.0.53:53 -p udp', 'timeout', 'pod/default/client eth0 in'],
    ],
  },
  {
    name: 'the wrong MAC of a node',
    of: 'host-gw',
    breaks: ['node1: ip neigh replace 192.168.56.12 lladdr 02:00:00:00:00:99 dev eth0 nud permanent'],
    flows: [['pod/client 10.96.0.20:80', 'timeout', 'node/node2 eth0 in']],
  },
  {
    name: 'a small link between nodes',
    of: 'host-gw',
    breaks: ['node2: ip link set eth0 mtu 900'],
    flows: [
      ['pod/db 10.244.1.2 -p icmp --size 1000 --df', 'unreachable EMSGSIZE', 'pod/default/db eth0 in'],
      ['pod/db 10.244.1.2 -p icmp --size 1000', 'unreachable EMSGSIZE', 'pod/default/db eth0 in'],
    ],
  },
];
