import { describe, expect, it } from 'vitest';
import {
  printBridgeFdb,
  printBridgeLink,
  printIpAddr,
  printIpLink,
  printIpNeigh,
  printIpRoute,
  printIpRule,
  printIptablesSave,
  readCommand,
} from '../../../src/formats/index.ts';
import {
  commit,
  commitReversible,
  type Netns,
  rulesetOf,
  sysctl,
  type World,
} from '../../../src/kernel/index.ts';
import { twoNodeWorld } from '../../support/two-node-world.ts';

/** node1 of a small world: eth0 (192.168.56.11/24), flannel.1, cni0 with vetha1 and vethb1. */
function place(): { world: World; netns: Netns } {
  const world = twoNodeWorld();
  const netns = world.netns.get('node/node1');
  if (netns === undefined) throw new Error('no node1');
  return { world, netns };
}

/** What running the commands in order says: the first refusal, or nothing. */
function run({ world, netns }: { world: World; netns: Netns }, ...commands: readonly string[]): string {
  for (const command of commands) {
    const read = readCommand(command, world, netns);
    if (!read.ok) return read.message;
    const error = commit(world, read.operations);
    if (error !== undefined) return error.message;
  }
  return '';
}

/** Refusals of iproute2 6.1, iptables 1.8.9 (nf_tables), ipset 7.17 and procps 4.0 on Linux 6.18, as measured. */
const REFUSED: readonly (readonly [command: string, message: string, ...before: string[]])[] = [
  ['ip link set eth0 address 01:00:5e:00:00:01', 'RTNETLINK answers: Cannot assign requested address'],
  ['ip link set cni0 address ff:ff:ff:ff:ff:ff', 'RTNETLINK answers: Cannot assign requested address'],
  ['ip link set eth0 address 00:00:00:00:00:00', 'RTNETLINK answers: Cannot assign requested address'],
  [
    'ip link add br9 address 01:02:03:04:05:06 type bridge',
    'RTNETLINK answers: Cannot assign requested address',
  ],
  ['ip link add br9 mtu 1 type bridge', 'Error: mtu less than device minimum.'],
  ['ip link add br9 mtu 70000 type bridge', 'Error: mtu greater than device maximum.'],
  [
    'ip addr add ff02::5/64 dev eth0',
    'Error: ipv6: Cannot assign multicast address without "IFA_F_MCAUTOJOIN" flag.',
  ],
  ['ip addr add ::/64 dev eth0', 'Error: ipv6: Invalid address.'],
  [
    'ip route add 10.9.0.0/16 via 192.168.56.1 table 4294967296',
    'Error: argument "4294967296" is wrong: "table" value is invalid',
  ],
  [
    'ip route add unreachable 10.9.0.0/16 dev eth0',
    'Error: Gateway, device and multipath can not be specified for this route type.',
  ],
  ['ip rule add', '"ip rule add" requires arguments.'],
  ['ip rule add table 4294967296', 'Error: argument "4294967296" is wrong: invalid table ID'],
  ['ip rule add fwmark 1/2/3 table main', 'Error: argument "2/3" is wrong: fwmask value is invalid'],
  [
    'iptables -A INPUT -j INPUT',
    'iptables v1.8.9 (nf_tables):  RULE_APPEND failed (Operation not supported): rule in chain INPUT',
  ],
  [
    'iptables -I INPUT -j FORWARD',
    'iptables v1.8.9 (nf_tables):  RULE_INSERT failed (Operation not supported): rule in chain INPUT',
  ],
  ['iptables -A INPUT -s ! 10.0.0.1 -j DROP', "Bad argument `10.0.0.1'"],
  [
    'iptables -A INPUT -j REJECT --reject-with tcp-reset',
    'iptables v1.8.9 (nf_tables):  RULE_APPEND failed (Invalid argument): rule in chain INPUT',
  ],
  [
    'iptables -A INPUT -j TTL --ttl-set 3',
    'iptables v1.8.9 (nf_tables):  RULE_APPEND failed (Invalid argument): rule in chain INPUT',
  ],
  [
    'iptables -t nat -A PREROUTING -j REJECT',
    'iptables v1.8.9 (nf_tables):  RULE_APPEND failed (Invalid argument): rule in chain PREROUTING',
  ],
  [
    'iptables -t mangle -A OUTPUT -j CT --notrack',
    'iptables v1.8.9 (nf_tables):  RULE_APPEND failed (Invalid argument): rule in chain OUTPUT',
  ],
  [
    'iptables -t nat -P PREROUTING DROP',
    'iptables v1.8.9 (nf_tables): The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.',
  ],
  ['ip frob', 'Object "frob" is unknown, try "ip help".'],
  ['ip link set foo up', 'Cannot find device "foo"'],
  ['ip link set dev foo up', 'Cannot find device "foo"'],
  ['ip link del foo', 'Cannot find device "foo"'],
  ['ip link del lo', 'RTNETLINK answers: Operation not supported'],
  ['ip link set vetha1 master foo', 'Error: argument "foo" is wrong: Device does not exist'],
  ['ip link set eth0 mtu 60', 'Error: mtu less than device minimum.'],
  ['ip link set eth0 mtu 70000', 'Error: mtu greater than device maximum.'],
  ['ip link set eth0 mtu abc', 'Error: argument "abc" is wrong: Invalid "mtu" value'],
  ['ip link set flannel.1 mtu 1500', 'RTNETLINK answers: Invalid argument'],
  ['ip link set eth0 address zz', '"zz" is invalid lladdr.'],
  ['ip link set eth0 bogus', 'Error: either "dev" is duplicate, or "bogus" is a garbage.'],
  ['ip link frob eth0', 'Command "frob" is unknown, try "ip link help".'],
  ['ip link set', 'Not enough information: "dev" argument is required.'],
  ['ip link set dev', 'Command line is not complete. Try option "help"'],
  ['ip link add cni0 type bridge', 'RTNETLINK answers: File exists'],
  ['ip link add x type nope', 'Error: Unknown device type.'],
  ['ip link add br9', 'Not enough information: "type" argument is required'],
  ["ip link add 'a b' type bridge", 'Error: argument "a b" is wrong: "dev" not a valid ifname'],
  ['ip link add a/b type bridge', 'Error: argument "a/b" is wrong: "dev" not a valid ifname'],
  ["ip link add '' type bridge", 'Error: argument "" is wrong: "dev" not a valid ifname'],
  ["ip link add 'a\nb' type bridge", 'Error: argument "a\nb" is wrong: "dev" not a valid ifname'],
  ['ip link add . type bridge', 'RTNETLINK answers: Invalid argument'],
  ['ip link add name .. type bridge', 'RTNETLINK answers: Invalid argument'],
  ['ip link add :r9 type bridge', 'RTNETLINK answers: Invalid argument'],
  ['ip link add a%x type bridge', 'RTNETLINK answers: Invalid argument'],
  ['ip link add all type bridge', 'RTNETLINK answers: Invalid argument'],
  ['ip link add default type bridge', 'RTNETLINK answers: Invalid argument'],
  ['ip link add a\u00a0b type bridge', 'RTNETLINK answers: Invalid argument'],
  ['ip link add abcdefghijklmnop type bridge', 'Error: Attribute failed policy validation.'],
  [
    'ip link add name abcdefghijklmnop type bridge',
    'Error: argument "abcdefghijklmnop" is wrong: "name" not a valid ifname',
  ],
  ["ip link add q1 type veth peer name 'a b'", 'Error: argument "a b" is wrong: "name" not a valid ifname'],
  ['ip link add q1 type veth peer name ..', 'RTNETLINK answers: Invalid argument'],
  ['ip link add a:b type veth peer name ab', 'RTNETLINK answers: Invalid argument'],
  ["ip link set 'a b' up", 'Error: argument "a b" is wrong: "dev" not a valid ifname'],
  ["ip link del ''", 'Error: argument "" is wrong: "dev" not a valid ifname'],
  ['ip link set abcdefghijklmnop up', 'Cannot find device "abcdefghijklmnop"'],
  ["ip rule add iif 'a b' table 5", 'Error: argument "a b" is wrong: "iif"/"dev" not a valid ifname'],
  [
    'ip rule add iif abcdefghijklmnop table 5',
    'Error: argument "abcdefghijklmnop" is wrong: "iif"/"dev" not a valid ifname',
  ],
  ["ip rule add oif '' table 5", 'Error: argument "" is wrong: "oif" not a valid ifname'],
  ['ip addr add 10.0.0.1/24 dev foo', 'Cannot find device "foo"'],
  ['ip addr add 192.168.56.11/24 dev eth0', 'Error: ipv4: Address already assigned.'],
  ['ip addr add 10.0.0.300/24 dev eth0', 'Error: any valid prefix is expected rather than "10.0.0.300/24".'],
  ['ip addr del 10.9.9.9/24 dev eth0', 'Error: ipv4: Address not found.'],
  ['ip addr add 10.1.0.1/24', 'Not enough information: "dev" argument is required.'],
  ['ip addr flush dev foo', 'Device "foo" does not exist.'],
  ['ip addr flush', 'Flush requires arguments.'],
  ['ip route add 10.244.2.0/24 via 192.168.56.1', 'RTNETLINK answers: File exists'],
  ['ip route del 10.9.0.0/16', 'RTNETLINK answers: No such process'],
  ['ip route del 10.244.2.0/24 via 192.168.56.9', 'RTNETLINK answers: No such process'],
  ['ip route del 10.244.2.0/24 proto static', 'RTNETLINK answers: No such process'],
  ['ip route change 10.5.0.0/16 via 192.168.56.2', 'RTNETLINK answers: No such file or directory'],
  ['ip route add 10.4.0.0/16 via 1.2.3.4', 'Error: Nexthop has invalid gateway.'],
  ['ip route add 10.4.0.0/16 dev foo', 'Cannot find device "foo"'],
  [
    'ip route add 10.4.0.0/16 dev flannel.1',
    'Error: Device for nexthop is not up.',
    'ip link set flannel.1 down',
  ],
  ['ip route add 10.4.0.1/16 dev eth0', 'Error: Invalid prefix for given prefix length.'],
  ['ip route add 10.4.0.0/16', 'RTNETLINK answers: No such device'],
  ['ip route add bogus via 192.168.56.1', 'Error: any valid prefix is expected rather than "bogus".'],
  ['ip route add 10.4.0.0/16 via bogus', 'Error: inet address is expected rather than "bogus".'],
  [
    'ip route add 10.4.0.0/16 via 192.168.56.1 bogus',
    'Error: either "to" is duplicate, or "bogus" is a garbage.',
  ],
  ['ip route add 10.4.0.0/16 dev eth0 src 1.2.3.4', 'Error: Invalid prefsrc address.'],
  [
    'ip route add 10.7.0.0/16 via 192.168.56.1 table nope',
    'Error: argument "nope" is wrong: "table" value is invalid',
  ],
  ['ip route flush', '"ip route flush" requires arguments.'],
  ['ip route flush dev foo', 'Cannot find device "foo"'],
  ['ip route flush table 99', 'Error: ipv4: FIB table does not exist.'],
  ['ip route frob', 'Command "frob" is unknown, try "ip route help".'],
  [
    'ip rule add from 10.0.0.0/8 lookup 100 priority 100',
    'RTNETLINK answers: File exists',
    'ip rule add from 10.0.0.0/8 lookup 100 priority 100',
  ],
  ['ip rule del from 11.0.0.0/8', 'RTNETLINK answers: No such file or directory'],
  ['ip rule del', '"ip rule del" requires arguments.'],
  ['ip rule add bogus', 'Error: argument "bogus" is wrong: Failed to parse rule type'],
  ['ip rule add table nope', 'Error: argument "nope" is wrong: invalid table ID'],
  ['ip neigh add 10.244.2.0 lladdr 02:00:00:00:00:05 dev flannel.1', 'RTNETLINK answers: File exists'],
  [
    'ip neigh change 192.168.56.7 lladdr 02:00:00:00:00:06 dev eth0',
    'RTNETLINK answers: No such file or directory',
  ],
  ['ip neigh del 192.168.56.9 dev eth0', 'RTNETLINK answers: No such file or directory'],
  ['ip neigh add 192.168.56.5 dev eth0', 'Error: No link layer address given.'],
  ['ip neigh add 192.168.56.5 lladdr zz dev eth0', '"zz" is invalid lladdr.'],
  ['ip neigh add 192.168.56.5 lladdr 02:00:00:00:00:05', 'Device and destination are required arguments.'],
  [
    'ip neigh add foo lladdr 02:00:00:00:00:05 dev eth0',
    'Error: any valid address is expected rather than "foo".',
  ],
  [
    'ip neigh add 1.2.3.5 lladdr 02:00:00:00:00:05 dev eth0 nud nope',
    'Error: argument "nope" is wrong: nud state is bad',
  ],
  ['ip neigh flush', 'Flush requires arguments.'],
  ['bridge fdb add aa:bb:cc:00:00:02 dev flannel.1 dst 1.2.3.4', 'RTNETLINK answers: File exists'],
  ['bridge fdb del 02:00:00:00:01:00 dev flannel.1', 'RTNETLINK answers: No such file or directory'],
  ['bridge fdb add 02:00:00:00:01:00 dev flannel.1', 'RTNETLINK answers: Invalid argument'],
  ['bridge fdb add 02:00:00:00:01:00 dev foo dst 1.2.3.4', 'Cannot find device "foo"'],
  ['bridge fdb add zz dev flannel.1 dst 1.2.3.4', 'Invalid mac address zz'],
  ['bridge fdb add 02:00:00:00:01:00 dst 1.2.3.4', 'Device and address are required arguments.'],
  ['bridge fdb add 02:00:00:00:02:02 dev eth0 master', 'RTNETLINK answers: Operation not supported'],
  ['bridge link set dev foo hairpin on', 'Cannot find bridge device "foo"'],
  ['bridge link set dev eth0 hairpin on', 'RTNETLINK answers: Operation not supported'],
  [
    'bridge link set dev vetha1 hairpin maybe',
    'Error: argument of "hairpin" must be one of "off", "on", not "maybe"',
  ],
  ['bridge link set hairpin on', 'Device is a required argument.'],
  ['bridge frob', 'Object "frob" is unknown, try "bridge help".'],
  ['iptables -D FORWARD -j ACCEPT', 'iptables: Bad rule (does a matching rule exist in that chain?).'],
  ['iptables -C FORWARD -j ACCEPT', 'iptables: Bad rule (does a matching rule exist in that chain?).'],
  ['iptables -D NOPE -j DROP', 'iptables: Bad rule (does a matching rule exist in that chain?).'],
  ['iptables -D FORWARD 9', 'iptables: Index of deletion too big.'],
  ['iptables -D NOPE 1', 'iptables: No chain/target/match by that name.'],
  ['iptables -A NOPE -j DROP', 'iptables: No chain/target/match by that name.'],
  ['iptables -F NOPE', 'iptables: No chain/target/match by that name.'],
  ['iptables -Z NOPE', 'iptables: No chain/target/match by that name.'],
  ['iptables -X NOPE', 'iptables: No chain/target/match by that name.'],
  ['iptables -E NOPE BAR', 'iptables: No chain/target/match by that name.'],
  ['iptables -A FORWARD -j NOPE', "iptables v1.8.9 (nf_tables): Chain 'NOPE' does not exist"],
  ['iptables -I FORWARD 9 -j DROP', 'iptables: Index of insertion too big.'],
  ['iptables -I FORWARD 0 -j DROP', "iptables v1.8.9 (nf_tables): Invalid rule number `0'"],
  ['iptables -R FORWARD 9 -j DROP', 'iptables: Index of replacement too big.'],
  ['iptables -R FORWARD -j DROP', 'iptables v1.8.9 (nf_tables): -R requires a rule number'],
  ['iptables -N INPUT', 'iptables: Chain already exists.'],
  ['iptables -P NOPE DROP', 'iptables: Bad built-in chain name.'],
  ['iptables -P FORWARD REJECT', "iptables: Bad policy name. Run `dmesg' for more information."],
  ['iptables -P FORWARD', 'iptables v1.8.9 (nf_tables): -P requires a chain and a policy'],
  ['iptables -t nope -F', "iptables v1.8.9 (nf_tables): table 'nope' does not exist"],
  ['iptables -N ACCEPT', 'iptables v1.8.9 (nf_tables): chain name may not clash with target name'],
  ['iptables -N DROP', 'iptables v1.8.9 (nf_tables): chain name may not clash with target name'],
  ['iptables -N MASQUERADE', 'iptables v1.8.9 (nf_tables): chain name may not clash with target name'],
  ['iptables -N TTL', 'iptables v1.8.9 (nf_tables): chain name may not clash with target name'],
  ["iptables -N ''", 'iptables v1.8.9 (nf_tables): chain name may not clash with target name'],
  ['ip6tables -N HL', 'ip6tables v1.8.9 (nf_tables): chain name may not clash with target name'],
  ['iptables -N INPUT', 'iptables: Chain already exists.'],
  ["iptables -N 'a b'", "iptables v1.8.9 (nf_tables): Invalid chain name `a b'"],
  ["iptables -N 'a\nb'", "iptables v1.8.9 (nf_tables): Invalid chain name `a\nb'"],
  [
    'iptables -N abcdefghijklmnopqrstuvwxyz1234',
    "iptables v1.8.9 (nf_tables): chain name `abcdefghijklmnopqrstuvwxyz1234' too long (must be under 29 chars)",
  ],
  [
    'iptables -A abcdefghijklmnopqrstuvwxyz1234 -j ACCEPT',
    "iptables v1.8.9 (nf_tables): chain name `abcdefghijklmnopqrstuvwxyz1234' too long (must be under 29 chars)",
  ],
  ["iptables -A '' -j ACCEPT", 'iptables: No chain/target/match by that name.'],
  [
    'iptables -E G DROP',
    'iptables v1.8.9 (nf_tables): chain name may not clash with target name',
    'iptables -N G',
  ],
  ["iptables -A FORWARD -j ''", 'iptables v1.8.9 (nf_tables): Invalid target name (too short)'],
  [
    'iptables -A FORWARD -j abcdefghijklmnopqrstuvwxyz1234',
    "iptables v1.8.9 (nf_tables): Invalid target name `abcdefghijklmnopqrstuvwxyz1234' (28 chars max)",
  ],
  ["iptables -A FORWARD -j 'a  b'", "iptables v1.8.9 (nf_tables): Invalid target name `a  b'"],
  [
    'iptables -A FORWARD -m ../x',
    "iptables v1.8.9 (nf_tables): Couldn't load match `../x':No such file or directory",
  ],
  [
    'iptables -A FORWARD -m abcdefghijklmnopqrstuvwxyz1234',
    'iptables v1.8.9 (nf_tables): Invalid match name "abcdefghijklmnopqrstuvwxyz1234" (28 chars max)',
  ],
  [
    "iptables -t nat -A POSTROUTING -p tcp -j SNAT --to-source ''",
    'iptables v1.8.9 (nf_tables): Bad IP address ""',
  ],
  [
    "iptables -t nat -A PREROUTING -p tcp -j DNAT --to-destination ''",
    'iptables v1.8.9 (nf_tables): Bad IP address ""',
  ],
  [
    'iptables -t nat -A POSTROUTING -p tcp -j SNAT --to-source 1.2.3.4-',
    'iptables v1.8.9 (nf_tables): Bad IP address ""',
  ],
  [
    'iptables -t nat -A POSTROUTING -p tcp -j SNAT --to-source :',
    "iptables v1.8.9 (nf_tables): Port `' not valid",
  ],
  [
    'iptables -t nat -A POSTROUTING -p tcp -j SNAT --to-source 1.2.3.4:',
    "iptables v1.8.9 (nf_tables): Port `' not valid",
  ],
  [
    "iptables -t nat -A PREROUTING -p tcp -j REDIRECT --to-ports ''",
    "iptables v1.8.9 (nf_tables): Port `' not valid",
  ],
  [
    "iptables -A FORWARD -i '' -j ACCEPT",
    'iptables v1.8.9 (nf_tables): Empty interface is likely to be undesired',
  ],
  [
    'iptables -A FORWARD -i abcdefghijklmnop -j ACCEPT',
    "iptables v1.8.9 (nf_tables): interface name `abcdefghijklmnop' must be shorter than IFNAMSIZ (15)",
  ],
  [
    "iptables -A FORWARD -i 'a b' -j ACCEPT",
    "iptables v1.8.9 (nf_tables): weird character in interface `a b' ('/' and ' ' are not allowed by the kernel).",
  ],
  ["iptables -A FORWARD -p '' -j ACCEPT", 'iptables v1.8.9 (nf_tables): unknown protocol "" specified'],
  ["iptables -A FORWARD -s '' -j ACCEPT", "iptables v1.8.9 (nf_tables): host/network `' not found"],
  [
    "iptables -A FORWARD -s '10.0.0.1\n' -j ACCEPT",
    "iptables v1.8.9 (nf_tables): host/network `10.0.0.1\n' not found",
  ],
  [
    "iptables -A FORWARD -p tcp --dport '80\n' -j ACCEPT",
    "iptables v1.8.9 (nf_tables): invalid port/service `80\n' specified",
  ],
  [
    "iptables -A FORWARD -j LOG --log-prefix 'a\nb'",
    'iptables v1.8.9 (nf_tables): Newlines not allowed in --log-prefix',
  ],
  [
    "iptables -A FORWARD -j NFLOG --nflog-prefix 'a\nb'",
    'iptables v1.8.9 (nf_tables): Newlines not allowed in --log-prefix',
  ],
  [
    "iptables -A FORWARD -m comment --comment 'a\nb' -j ACCEPT",
    '"a\nb" has a line break, which cannot be saved and restored',
  ],
  [
    'iptables -A FORWARD -m set --match-set ssssssssssssssssssssssssssssssss src -j DROP',
    "iptables v1.8.9 (nf_tables): setname `ssssssssssssssssssssssssssssssss' too long, max 31 characters.",
  ],
  ['iptables', 'iptables v1.8.9 (nf_tables): no command specified'],
  ['iptables -A', 'iptables v1.8.9 (nf_tables): option "-A" requires an argument'],
  ['iptables -A FORWARD -D FORWARD', 'iptables v1.8.9 (nf_tables): Cannot use -D with -A'],
  ['iptables -A FORWARD --bogus', 'iptables v1.8.9 (nf_tables): unknown option "--bogus"'],
  [
    'iptables -A FORWARD -p tcp --dport foo',
    "iptables v1.8.9 (nf_tables): invalid port/service `foo' specified",
  ],
  ['iptables -A INPUT -o eth0 -j DROP', "iptables v1.8.9 (nf_tables): Can't use -o with INPUT"],
  [
    'iptables -A FORWARD -m set --match-set nope src -j DROP',
    "iptables v1.8.9 (nf_tables): Set nope doesn't exist.",
  ],
  [
    'iptables -t nat -A PREROUTING -j DROP',
    'iptables v1.8.9 (nf_tables): The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.',
  ],
  [
    'iptables -A FORWARD -j MASQUERADE',
    'iptables v1.8.9 (nf_tables):  RULE_APPEND failed (Invalid argument): rule in chain FORWARD',
  ],
  ['iptables -F FORWARD extra', "Bad argument `extra'"],
  [
    'iptables -X FOO',
    'iptables v1.8.9 (nf_tables):  CHAIN_DEL failed (Device or resource busy): chain FOO',
    'iptables -N FOO',
    'iptables -A INPUT -j FOO',
  ],
  ['ipset', 'ipset v7.17: No command specified.'],
  [
    'ipset create ssssssssssssssssssssssssssssssss hash:ip',
    "ipset v7.17: Syntax error: setname 'ssssssssssssssssssssssssssssssss' is longer than 31 characters",
  ],
  [
    'ipset add ssssssssssssssssssssssssssssssss 10.0.0.1',
    "ipset v7.17: Syntax error: setname 'ssssssssssssssssssssssssssssssss' is longer than 31 characters",
  ],
  [
    "ipset create 'a b' hash:ip",
    'ipset: the set name "a b" is not modelled: what is saved of it cannot be restored',
  ],
  [
    "ipset create '' hash:ip",
    'ipset: the set name "" is not modelled: what is saved of it cannot be restored',
  ],
  [
    "ipset add c 10.0.0.2 comment 'a\"b'",
    'ipset v7.17: Syntax error: " character is not permitted in comments',
    'ipset create c hash:ip comment',
  ],
  [
    "ipset add c 10.0.0.2 comment 'a\nb'",
    '"a\nb" has a line break, which cannot be saved and restored',
    'ipset create c hash:ip comment',
  ],
  [
    'ipset add i 10.0.0.0/24,abcdefghijklmnop',
    "ipset v7.17: Syntax error: interface name 'abcdefghijklmnop' is longer than 15 characters",
    'ipset create i hash:net,iface',
  ],
  [
    'ipset add i 10.0.0.0/24,',
    'ipset v7.17: Syntax error: Second element is missing from 10.0.0.0/24,.',
    'ipset create i hash:net,iface',
  ],
  ['ipset frob', 'ipset v7.17: No command specified: unknown argument frob'],
  ['ipset create b hash:nope', "ipset v7.17: Syntax error: typename 'hash:nope' is unknown"],
  ['ipset create c', 'ipset v7.17: Missing second mandatory argument to command create'],
  ['ipset create bp bitmap:port', "ipset v7.17: Mandatory option `range' is missing"],
  ['ipset add nope 10.0.0.1', 'ipset v7.17: The set with the given name does not exist'],
  ['ipset flush nope', 'The set with the given name does not exist'],
  [
    'ipset create a hash:ip',
    'Set cannot be created: set with the same name already exists',
    'ipset create a hash:ip',
  ],
  [
    'ipset add a foo',
    'ipset v7.17: Syntax error: cannot parse foo: resolving to IPv4 address failed',
    'ipset create a hash:ip',
  ],
  [
    'ipset del a 10.9.0.1',
    "Element cannot be deleted from the set: it's not added",
    'ipset create a hash:ip',
  ],
  [
    'ipset add a 10.0.0.2 timeout 5',
    'ipset v7.17: Timeout cannot be used: set was created without timeout support',
    'ipset create a hash:ip',
  ],
  [
    'ipset add n 10.0.0.0/0',
    'ipset v7.17: The value of the CIDR parameter of the IP address is invalid',
    'ipset create n hash:net',
  ],
  [
    'ipset add l zz',
    'ipset v7.17: Set to be added/deleted/tested as element does not exist.',
    'ipset create l list:set',
  ],
  [
    'ipset add p 10.0.0.1',
    'ipset v7.17: Syntax error: Second element is missing from 10.0.0.1.',
    'ipset create p hash:ip,port',
  ],
  ['sysctl -w net.ipv4.nope=1', 'sysctl: cannot stat /proc/sys/net/ipv4/nope: No such file or directory'],
  [
    'sysctl -w net.ipv4.conf.foo.rp_filter=1',
    'sysctl: cannot stat /proc/sys/net/ipv4/conf/foo/rp_filter: No such file or directory',
  ],
  [
    'sysctl -w net.ipv4.conf.flannel.1.rp_filter=1',
    'sysctl: cannot stat /proc/sys/net/ipv4/conf/flannel/1/rp_filter: No such file or directory',
  ],
  [
    'sysctl -w net.ipv4.conf.lo.rp_filter=abc',
    'sysctl: setting key "net.ipv4.conf.lo.rp_filter": Invalid argument',
  ],
  ['sysctl -w net.ipv4.ip_forward=', 'sysctl: setting key "net.ipv4.ip_forward": Invalid argument'],
  ['sysctl -w net.ipv4.ip_forward', 'sysctl: command line(0): invalid syntax, continuing...'],
  ['sysctl -w', 'sysctl: no variables specified'],
];

/** What podwalk itself does not do is said as that, with what it does. */
const NOT_UNDERSTOOD: readonly (readonly [command: string, message: RegExp])[] = [
  ['tc qdisc add dev eth0 root netem', /^"tc" is not understood$/],
  ['', /^no command$/],
  ['ip link set eth0 up && ip link set eth0 down', /one plain command at a time/],
  ['ip link set eth0 "up', /^unterminated "$/],
  ['ip link set eth0 allmulticast on', /^ip link set: "allmulticast" is not modelled$/],
  ['ip route add 10.0.0.0/8 nexthop via 192.168.56.1', /"nexthop" is not modelled/],
  ['ip route show', /changes nothing/],
  ['iptables -L', /changes nothing/],
  ['ipset save', /changes nothing/],
  ['bridge link set dev vetha1 cost 5', /"cost" is not modelled/],
  ['ip maddress add 01:00:5e:00:00:01 dev eth0', /"maddress" is not modelled/],
];

describe('a command line that the real tool refuses', () => {
  it.each(REFUSED)('%s', (command, message, ...before) => {
    const at = place();
    expect(run(at, ...before)).toBe('');
    const said = run(at, command);
    // No such device names the route too, which the real message does not.
    expect(said.replace(/ \(route to .*\)$/, '')).toBe(message);
  });

  it.each(NOT_UNDERSTOOD)('"%s" is not understood, and what is understood is said', (command, message) => {
    const { world, netns } = place();
    const read = readCommand(command, world, netns);
    expect(read.ok ? '' : read.message).toMatch(message);
    if (!read.ok && !/unterminated/.test(read.message)) expect(read.fix).toBeTruthy();
  });
});

interface Texts {
  readonly addr: string;
  readonly link: string;
  readonly route: string;
  readonly rule: string;
  readonly neigh: string;
  readonly fdb: string;
  readonly bridge: string;
  readonly save: string;
}

function texts({ world, netns }: { world: World; netns: Netns }): Texts {
  return {
    addr: printIpAddr(netns, { world }),
    link: printIpLink(netns, { world }),
    route: printIpRoute(netns, { world }),
    rule: printIpRule(netns),
    neigh: printIpNeigh(netns),
    fdb: printBridgeFdb(netns, { world }),
    bridge: printBridgeLink(netns, { world, details: true }),
    save: printIptablesSave(rulesetOf(netns, 4)),
  };
}

/** Commands, and a line that the text of a tool has (or has not) afterwards, and had not (or had) before. */
const DONE: readonly (readonly [
  commands: readonly string[],
  text: keyof Texts,
  has: boolean,
  line: RegExp,
])[] = [
  [['ip route del 10.244.2.0/24'], 'route', false, /^10\.244\.2\.0\/24 /m],
  [
    ['ip r a 10.9.0.0/16 via 192.168.56.1'],
    'route',
    true,
    /^10\.9\.0\.0\/16 via 192\.168\.56\.1 dev eth0 $/m,
  ],
  [['ip -4 ro replace default via 192.168.56.9'], 'route', true, /^default via 192\.168\.56\.9 dev eth0 $/m],
  [['ip route add blackhole 10.6.0.0/16'], 'route', true, /^blackhole 10\.6\.0\.0\/16 $/m],
  [['ip route flush dev flannel.1'], 'route', false, /dev flannel\.1/],
  [['ip link set flannel.1 down'], 'route', false, /dev flannel\.1/],
  [['ip link set flannel.1 down'], 'neigh', false, /dev flannel\.1/],
  [['ip link set flannel.1 down', 'ip link set flannel.1 up'], 'neigh', false, /dev flannel\.1/],
  [['ip addr flush dev eth0'], 'route', false, /dev eth0/],
  [['ip addr del 192.168.56.11/24 dev eth0'], 'addr', false, /192\.168\.56\.11/],
  [['ip addr add 10.5.0.1/24 brd + dev eth0'], 'addr', true, /inet 10\.5\.0\.1\/24 brd 10\.5\.0\.255/],
  [
    [
      'ip addr add 10.5.0.1/24 dev eth0',
      'ip addr add 10.5.0.2/24 dev eth0',
      'ip addr del 10.5.0.1/24 dev eth0',
    ],
    'addr',
    true,
    /^(?![\s\S]*10\.5\.0)/,
  ],
  [['ip l set eth0 mtu 1400'], 'link', true, /eth0@.* mtu 1400 /],
  [['ip link set eth0 address 02:00:00:00:00:77'], 'link', true, /link\/ether 02:00:00:00:00:77/],
  [['ip link set vetha1 nomaster'], 'bridge', false, /vetha1/],
  [['ip link del cni0'], 'link', false, /cni0/],
  [['ip link add br9 type bridge', 'ip link set br9 up'], 'link', true, /br9: <.*UP/],
  [['ip rule add from 10.0.0.0/8 lookup 100'], 'rule', true, /^32765:\tfrom 10\.0\.0\.0\/8 lookup 100/m],
  [['ip rule flush'], 'rule', false, /lookup main/],
  [['ip neigh del 10.244.2.0 dev flannel.1'], 'neigh', false, /10\.244\.2\.0/],
  [
    ['ip neigh replace 10.244.2.0 lladdr 02:00:00:00:00:99 dev flannel.1'],
    'neigh',
    true,
    /10\.244\.2\.0 dev flannel\.1 lladdr 02:00:00:00:00:99 PERMANENT/,
  ],
  [['ip neigh flush dev flannel.1 nud permanent'], 'neigh', false, /10\.244\.2\.0/],
  [
    ['bridge fdb replace aa:bb:cc:00:00:02 dev flannel.1 dst 192.168.56.99'],
    'fdb',
    true,
    /aa:bb:cc:00:00:02 dev flannel\.1 dst 192\.168\.56\.99/,
  ],
  [['bridge fdb del aa:bb:cc:00:00:02 dev flannel.1'], 'fdb', false, /aa:bb:cc:00:00:02/],
  [['bridge fdb flush dev flannel.1'], 'fdb', false, /flannel\.1 dst/],
  [
    ['bridge fdb add 02:00:00:00:02:01 dev vetha1 master static'],
    'fdb',
    true,
    /02:00:00:00:02:01 dev vetha1 master cni0 static/,
  ],
  [['bridge link set dev vetha1 hairpin off'], 'bridge', true, /vetha1[^\n]*\n[^\n]*hairpin off/],
  [['iptables -A FORWARD -s 10.0.0.0/8 -j DROP'], 'save', true, /^-A FORWARD -s 10\.0\.0\.0\/8 -j DROP$/m],
  [['iptables -w 5 --wait -P FORWARD DROP'], 'save', true, /^:FORWARD DROP /m],
  [
    ['iptables -N A', 'iptables -A A -j DROP', 'iptables -A INPUT -j A', 'iptables -E A B'],
    'save',
    true,
    /^-A INPUT -j B$/m,
  ],
  [
    ['iptables -A INPUT -j ACCEPT', 'iptables -I INPUT -j DROP', 'iptables -D INPUT 2'],
    'save',
    true,
    /^-A INPUT -j DROP\nCOMMIT/m,
  ],
  [
    ['iptables -A INPUT -j ACCEPT', 'iptables -R INPUT 1 -p udp --dport 53 -j DROP'],
    'save',
    true,
    /^-A INPUT -p udp -m udp --dport 53 -j DROP\nCOMMIT/m,
  ],
  [
    ['iptables -I INPUT -s 10.0.0.1,10.0.0.2 -j DROP'],
    'save',
    true,
    /^-A INPUT -s 10\.0\.0\.2\/32 -j DROP\n-A INPUT -s 10\.0\.0\.1\/32 -j DROP$/m,
  ],
  [['iptables -A INPUT -m comment --comment "a b\'c" -j DROP'], 'save', true, /--comment "a b\\'c" -j DROP/],
  [['iptables -N A', 'iptables -N B', 'iptables -X'], 'save', true, /^(?![\s\S]*:A)/],
  [
    [
      'ipset create a hash:ip',
      'ipset add a 10.0.0.0/30',
      'iptables -A FORWARD -m set --match-set a src -j DROP',
    ],
    'save',
    true,
    /-m set --match-set a src -j DROP/,
  ],
];

describe('a command line that the real tool takes', () => {
  it.each(DONE)('%j changes what the tools print', (commands, text, has, line) => {
    const at = place();
    if (!line.source.startsWith('^(?!')) expect(line.test(texts(at)[text])).toBe(!has);
    expect(run(at, ...commands)).toBe('');
    expect(line.test(texts(at)[text])).toBe(has);
  });

  it.each(DONE)('%j is taken back without a trace', (commands, _, __, line) => {
    const at = place();
    const before = texts(at);
    const taken = commands.map((command) => {
      const read = readCommand(command, at.world, at.netns);
      const done = commitReversible(at.world, read.ok ? read.operations : []);
      if (!('undo' in done)) throw new Error(done.message);
      return done;
    });
    if (!line.source.startsWith('^(?!')) expect(texts(at)).not.toEqual(before);
    for (const done of taken.reverse()) done.undo();
    expect(texts(at)).toEqual(before);
  });

  it('sets ip_forward by both of its names, and with it every device', () => {
    const at = place();
    expect(
      run(at, 'sysctl -w net.ipv4.conf.eth0.forwarding=1', 'sysctl net.ipv4.conf.all.forwarding=0'),
    ).toBe('');
    expect(sysctl(at.netns, 'net.ipv4.ip_forward')).toBe('0');
    expect(at.netns.sysctls.has('net.ipv4.conf.eth0.forwarding')).toBe(false);
  });

  it('names a device with a dot in a sysctl as procps does', () => {
    const at = place();
    expect(run(at, 'sysctl -w net.ipv4.conf.flannel/1.rp_filter=1')).toBe('');
    expect(sysctl(at.netns, 'net.ipv4.conf.flannel.1.rp_filter')).toBe('1');
    expect(run(at, 'sysctl -w net/ipv4/conf/flannel.1/rp_filter=2')).toBe('');
    expect(sysctl(at.netns, 'net.ipv4.conf.flannel.1.rp_filter')).toBe('2');
  });

  it('notes a sysctl that exists and that nothing here reads', () => {
    const { world, netns } = place();
    const read = readCommand('sysctl -w net.ipv4.tcp_rmem="1 2 3"', world, netns);
    expect(read).toMatchObject({
      ok: true,
      notes: ['net.ipv4.tcp_rmem: nothing in the emulated kernel reads it'],
    });
  });

  it('is written by the user', () => {
    const at = place();
    run(at, 'ip route add 10.9.0.0/16 dev eth0', 'iptables -A FORWARD -j DROP');
    expect(at.netns.routes.at(-1)?.origin).toEqual({ program: 'user' });
    const chain = rulesetOf(at.netns, 4).tables.get('filter')?.chains.get('FORWARD');
    expect(chain?.rules.at(-1)?.origin).toEqual({ program: 'user' });
  });
});
