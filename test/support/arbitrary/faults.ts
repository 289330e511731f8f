import fc, { type Arbitrary } from 'fast-check';
import type { Break } from '../../../src/cluster/index.ts';

/** What somebody may do by hand on a node ... */
const ON_NODES: readonly string[] = [
  'ip link set eth0 down',
  'ip link set flannel.1 down',
  'ip link set cni0 down',
  'ip link del cni0',
  'ip link del flannel.1',
  'ip link set flannel.1 mtu 1000',
  'ip link set flannel.1 address 02:00:00:00:00:aa',
  'ip addr flush dev cni0',
  'ip addr flush dev eth0',
  'ip addr add 10.200.0.1/24 dev eth0',
  'ip route flush dev flannel.1',
  'ip route del default',
  'ip route add blackhole 10.244.2.0/25',
  'ip route add 10.244.3.0/25 via 192.168.56.1',
  'ip rule add from 10.244.0.0/16 lookup 77 priority 5',
  'ip rule flush',
  'ip neigh flush dev flannel.1 nud permanent',
  'bridge fdb flush dev flannel.1',
  'sysctl -w net.ipv4.ip_forward=0',
  'sysctl -w net.ipv4.conf.all.rp_filter=1',
  'sysctl -w net.bridge.bridge-nf-call-iptables=0',
  'iptables -P FORWARD DROP',
  'iptables -F FORWARD',
  'iptables -F',
  'iptables -t nat -F',
  'iptables -t nat -F PREROUTING',
  'iptables -t nat -F KUBE-SERVICES',
  'iptables -t nat -D KUBE-POSTROUTING 1',
  'iptables -t nat -I POSTROUTING -j MASQUERADE',
  'iptables -t raw -A PREROUTING -p udp -j DROP',
  'iptables -I INPUT -p udp --dport 8472 -j DROP',
  'iptables -I FORWARD 2 -p tcp -j REJECT',
  'iptables -t mangle -A FORWARD -j MARK --set-mark 1',
];

/** ... and in the namespace of a pod. */
const ON_PODS: readonly string[] = [
  'ip link set eth0 down',
  'ip link del eth0',
  'ip addr flush dev eth0',
  'ip route flush dev eth0',
  'ip route replace default via 10.244.9.9 dev eth0 onlink',
  'ip route add blackhole 10.244.0.0/16',
  'iptables -P INPUT DROP',
  'iptables -A OUTPUT -p tcp -j REJECT',
];

/**
 * A command run by hand (`--break`), mostly on a node.
 *
 * @param nodes their names
 * @param pods `pod/NAME` or `pod/NAMESPACE/NAME`
 */
export function randomFault(nodes: readonly string[], pods: readonly string[]): Arbitrary<Break> {
  const onNode = fc.record({ on: fc.constantFrom(...nodes), run: fc.constantFrom(...ON_NODES) });
  if (pods.length === 0) return onNode;
  const onPod = fc.record({ on: fc.constantFrom(...pods), run: fc.constantFrom(...ON_PODS) });
  return fc.oneof({ weight: 3, arbitrary: onNode }, { weight: 1, arbitrary: onPod });
}
