#!/bin/sh
# A cluster in network namespaces of this machine's kernel, written by podwalk: 1 node, 1 pod, 1 switch, 1 router, 1 host.
# Needs root. Touches nothing but network namespaces whose name begins with $P, and the processes in them.
#
#   up              build it, and start a listener on every port of the cluster
#   down            take it away
#   status          what is there; fails when something is not
#   exec WHO CMD    run a command in a node, pod ([NAMESPACE/]NAME), router, host or switch
set -eu

P=${P:-pw-} # before the name of every namespace
PATH=$PATH:/usr/sbin:/sbin

# What it is, what it is called, and its namespace (without the prefix).
members() {
  lines \
    'switch lan switch-lan' \
    'router gateway gateway' \
    'host client client' \
    'node node1 node1' \
    'pod default/web cni-74db1b07-2d46-22e5-7fa3-acd544509bd7'
}

# Tools, and the Debian packages that have them.
tools() {
  lines \
    'ip iproute2' \
    'bridge iproute2' \
    'sysctl procps' \
    'iptables-restore iptables' \
    'ipset ipset' \
    'python3 python3-minimal'
}

# Modules of the kernel, a file that each one brings, and what it is.
kernel_parts() {
  lines \
    'br_netfilter /proc/sys/net/bridge/bridge-nf-call-iptables bridge netfilter'
}

# ---------------------------------------------------------------------- how it is done
say() { printf '%s\n' "$*" >&2; }
lines() { printf '%s\n' "$@"; }

as_root() { [ "$(id -u)" = 0 ] || { say "missing: root (run it with sudo)"; return 1; }; }

# Tells everything that is missing before anything is built.
check() {
  missing=
  as_root || missing=1
  tools | all_tools || missing=1
  [ -z "$missing" ] || exit 2
  kernel_parts | all_parts || exit 2
}

all_tools() {
  lacking=0
  while read -r command package; do
    command -v "$command" >/dev/null || { say "missing: $command (Debian package $package)"; lacking=1; }
  done
  [ $lacking = 0 ]
}

all_parts() {
  lacking=0
  while read -r module file what; do
    modprobe -q "$module" 2>/dev/null || :
    [ -e "$file" ] || { say "missing: the kernel's $what (modprobe $module)"; lacking=1; }
  done
  [ $lacking = 0 ]
}

# Commands on standard input, in a namespace.
net() { ip -n "$P$1" -batch -; }
fdb() { bridge -n "$P$1" -batch -; }
in_ns() { ns=$P$1; shift; ip netns exec "$ns" "$@"; }
ipvs() { in_ns "$1" ipvsadm-restore; }
ipsets() { in_ns "$1" ipset restore; }
iptables() { in_ns "$1" iptables-restore; }
ip6tables() { in_ns "$1" ip6tables-restore; }
# -e: a setting that this kernel does not have is left out.
settings() { in_ns "$1" sysctl -q -e -p - >/dev/null; }

add() {
  ip netns add "$P$1"
  ip -n "$P$1" link set lo up
  common_settings | settings "$1"
}

# In the background once its sockets are open.
listener() {
  name=$1; shift
  in_ns "$name" python3 -c "$(listener_program)" "$@" </dev/null >/dev/null
}

namespaces() {
  for file in /var/run/netns/"$P"*; do
    if [ -e "$file" ]; then lines "${file##*/}"; fi
  done
}

up() {
  check
  [ -z "$(namespaces)" ] || { say "there are namespaces named $P* already; \"down\" takes them away"; exit 1; }
  trap undo EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  build_namespaces
  build_devices
  build_state
  build_rules
  build_rest
  start_listeners
  trap - EXIT INT TERM HUP
  say "built: $(namespaces | wc -l) namespaces"
}

# What is half built is taken away, whatever stopped it.
undo() {
  code=$?
  trap - EXIT
  trap '' INT TERM HUP
  say "not built: taking away what there is"
  down
  [ $code -gt 128 ] || code=1
  exit $code
}

processes() { for ns in $(namespaces); do ip netns pids "$ns"; done; }

# Ends the processes of the namespaces, at first politely.
end_processes() {
  tries=0
  while pids=$(processes) && [ -n "$pids" ]; do
    signal=TERM
    [ $tries -lt 20 ] || signal=KILL
    [ $tries -lt 40 ] || { say "still running: $(lines "$pids" | tr '\n' ' ')"; return; }
    for pid in $pids; do
      [ "$pid" = $$ ] || kill -$signal "$pid" 2>/dev/null || :
    done
    sleep 0.05
    tries=$((tries + 1))
  done
}

down() {
  end_processes
  for ns in $(namespaces); do ip netns del "$ns" || :; done
  [ -z "$(namespaces)" ] || { say "still there: $(namespaces | tr '\n' ' ')"; return 1; }
}

status() { members | show; }

show() {
  there=$(namespaces)
  absent=0
  while read -r kind name ns; do
    if lines "$there" | grep -qxF -e "$P$ns"; then
      addresses=$(ip -n "$P$ns" -4 -br addr | awk '$1 != "lo" { for (i = 3; i <= NF; i++) printf " %s", $i }')
      lines "$kind $name: $P$ns$addresses, processes: $(ip netns pids "$P$ns" | wc -l)"
    else
      lines "$kind $name: not built"
      absent=1
    fi
  done
  [ $absent = 0 ]
}

# The namespace of a node, pod, router, host or switch; of two with one name, the node or pod.
find_ns() {
  members | WHO=$1 awk '
    BEGIN { who = ENVIRON["WHO"] }
    { plain = $2; sub(/^default\//, "", plain)
      inside = $1 == "pod" || $1 == "node"
      if (who == $1 "/" $2 || who == $1 "/" plain || (inside && (who == $2 || who == plain))) { print $3; found = 1; exit }
      if (who == $2 && other == "") other = $3 }
    END { if (!found && other != "") print other }'
}

run() {
  [ $# -ge 2 ] || { say "usage: $0 exec WHO CMD..."; exit 2; }
  as_root || exit 2
  ns=$(find_ns "$1")
  [ -n "$ns" ] || { say "nothing here is called $1; there are:"; members | awk '{ print "  " $1 " " $2 }' >&2; exit 2; }
  namespaces | grep -qxF -e "$P$ns" || { say "$1 is not built: run it with \"up\" first"; exit 2; }
  shift
  exec ip netns exec "$P$ns" "$@"
}

# Letters, digits and dashes: nothing else begins a name of ours.
case $P in
  -*|*[!abcdefghijklmnopqrstuvwxyz0123456789-]*) say "P: \"$P\" is no prefix of namespaces: small letters, digits, dashes"; exit 2;;
esac

main() {
  case ${1:-} in
    up) up;;
    down) as_root || exit 2; down;;
    status) as_root || exit 2; status;;
    exec) shift; run "$@";;
    *) say "usage: $0 up|down|status|exec WHO CMD..."; exit 2;;
  esac
}

# ---------------------------------------------------------------------- namespaces and their settings
# A new namespace takes some settings from the machine; these are the kernel's defaults.
common_settings() {
  lines \
    'net/ipv4/conf/all/accept_local = 0' \
    'net/ipv4/conf/all/arp_ignore = 0' \
    'net/ipv4/conf/all/proxy_arp = 0' \
    'net/ipv4/conf/all/route_localnet = 0' \
    'net/ipv4/conf/all/rp_filter = 0' \
    'net/ipv4/conf/default/accept_local = 0' \
    'net/ipv4/conf/default/arp_ignore = 0' \
    'net/ipv4/conf/default/proxy_arp = 0' \
    'net/ipv4/conf/default/route_localnet = 0' \
    'net/ipv4/conf/default/rp_filter = 0' \
    'net.ipv4.ip_default_ttl = 64' \
    'net.ipv4.ip_forward = 0' \
    'net.ipv4.ip_local_port_range = 32768	60999' \
    'net/ipv6/conf/all/forwarding = 0' \
    'net.netfilter.nf_conntrack_tcp_be_liberal = 0' \
    'net.bridge.bridge-nf-call-ip6tables = 1' \
    'net.bridge.bridge-nf-call-iptables = 1' \
    'net/ipv6/conf/all/accept_dad = 0' \
    'net/ipv6/conf/default/accept_dad = 0'
}

build_namespaces() {
  # switch lan
  add switch-lan
  lines \
    'net.bridge.bridge-nf-call-iptables = 0' \
    'net.bridge.bridge-nf-call-ip6tables = 0' |
    settings switch-lan

  # router gateway
  add gateway
  lines \
    'net.bridge.bridge-nf-call-iptables = 0' \
    'net.bridge.bridge-nf-call-ip6tables = 0' \
    'net.ipv4.ip_forward = 1' \
    'net/ipv6/conf/all/forwarding = 1' |
    settings gateway

  # host client
  add client
  lines \
    'net.bridge.bridge-nf-call-iptables = 0' \
    'net.bridge.bridge-nf-call-ip6tables = 0' |
    settings client

  # node node1
  add node1
  lines \
    'net.ipv4.ip_forward = 1' \
    'net.bridge.bridge-nf-call-iptables = 1' \
    'net.bridge.bridge-nf-call-ip6tables = 1' \
    'net/ipv4/conf/all/rp_filter = 0' \
    'net/ipv4/conf/default/rp_filter = 0' \
    'net.netfilter.nf_conntrack_tcp_timeout_established = 86400' \
    'net.netfilter.nf_conntrack_tcp_timeout_close_wait = 3600' \
    'net/ipv4/conf/all/route_localnet = 1' |
    settings node1

  # pod default/web
  add cni-74db1b07-2d46-22e5-7fa3-acd544509bd7
}

# ---------------------------------------------------------------------- devices
build_devices() {
  lines \
    'link add br0 index 2 address 4a:32:2e:64:e9:5d mtu 1500 type bridge' \
    'link add ur-gateway index 3 address b6:fd:7b:25:4d:ae mtu 1500 type veth peer name eth0 index 2 address ce:3a:ed:83:6e:bc mtu 1500 netns '"$P"gateway \
    'link add uh-client index 4 address e6:8e:b2:d7:c9:96 mtu 1500 type veth peer name eth0 index 2 address 4e:fc:e5:e2:93:e4 mtu 1500 netns '"$P"client \
    'link add un-node1 index 5 address fa:98:be:2e:bf:de mtu 1500 type veth peer name eth0 index 2 address d6:bd:67:c7:a9:cb mtu 1500 netns '"$P"node1 |
    net switch-lan
  lines \
    'link add cni0 index 4 address aa:8b:07:0e:6e:4c mtu 1450 type bridge' \
    'link add veth82b3ade9 index 5 address 6e:a6:40:20:2c:20 mtu 1450 type veth peer name eth0 index 2 address 6e:55:a7:cc:85:25 mtu 1450 netns '"$P"cni-74db1b07-2d46-22e5-7fa3-acd544509bd7 \
    'link add flannel.1 index 3 address f6:91:0f:7a:a7:95 mtu 1450 txqueuelen 0 type vxlan id 1 dev eth0 local 192.168.56.11 dstport 8472 nolearning' |
    net node1
}

# ---------------------------------------------------------------------- ports, addresses, routes, neighbours
build_state() {
  # switch lan
  lines \
    'link set ur-gateway master br0' \
    'link set uh-client master br0' \
    'link set un-node1 master br0' \
    'link set br0 up' \
    'link set ur-gateway up' \
    'link set uh-client up' \
    'link set un-node1 up' |
    net switch-lan

  # router gateway
  lines \
    'address add 192.168.56.1/24 brd 192.168.56.255 dev eth0' \
    'link set eth0 up' \
    'route append blackhole default' \
    'route append blackhole ::/0 dev lo metric 1024' |
    net gateway

  # host client
  lines \
    'address add 192.168.56.100/24 brd 192.168.56.255 dev eth0' \
    'link set eth0 up' \
    'route append default via 192.168.56.1 dev eth0' |
    net client

  # node node1
  lines \
    'net/ipv4/conf/flannel.1/rp_filter = 1' |
    settings node1
  lines \
    'link set veth82b3ade9 master cni0' \
    'link set veth82b3ade9 type bridge_slave hairpin on' \
    'address add 192.168.56.11/24 brd 192.168.56.255 dev eth0' \
    'address add 10.244.1.0/32 dev flannel.1' \
    'address add 10.244.1.1/24 brd 10.244.1.255 dev cni0' \
    'link set eth0 up' \
    'link set flannel.1 up' \
    'link set cni0 up' \
    'link set veth82b3ade9 up' \
    'route append default via 192.168.56.1 dev eth0' \
    'route append 198.51.100.0/24 via 192.168.56.1 dev eth0 table 100' \
    'rule add from 10.244.1.2/32 lookup 100 priority 100' |
    net node1

  # pod default/web
  lines \
    'net/ipv4/conf/eth0/arp_notify = 1' |
    settings cni-74db1b07-2d46-22e5-7fa3-acd544509bd7
  lines \
    'address add 10.244.1.2/24 brd 10.244.1.255 dev eth0' \
    'link set eth0 up' |
    net cni-74db1b07-2d46-22e5-7fa3-acd544509bd7
}

# ---------------------------------------------------------------------- ipset, iptables, ipvsadm
build_rules() {
  # node node1
  lines \
    'create blocked hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12' \
    'add blocked 198.51.100.7' |
    ipsets node1
  lines \
    '*mangle' \
    ':PREROUTING ACCEPT [0:0]' \
    ':INPUT ACCEPT [0:0]' \
    ':FORWARD ACCEPT [0:0]' \
    ':OUTPUT ACCEPT [0:0]' \
    ':POSTROUTING ACCEPT [0:0]' \
    ':KUBE-IPTABLES-HINT - [0:0]' \
    ':KUBE-KUBELET-CANARY - [0:0]' \
    ':KUBE-PROXY-CANARY - [0:0]' \
    'COMMIT' \
    '*filter' \
    ':INPUT ACCEPT [0:0]' \
    ':FORWARD ACCEPT [0:0]' \
    ':OUTPUT ACCEPT [0:0]' \
    ':FLANNEL-FWD - [0:0]' \
    ':KUBE-EXTERNAL-SERVICES - [0:0]' \
    ':KUBE-FIREWALL - [0:0]' \
    ':KUBE-FORWARD - [0:0]' \
    ':KUBE-KUBELET-CANARY - [0:0]' \
    ':KUBE-NODEPORTS - [0:0]' \
    ':KUBE-PROXY-CANARY - [0:0]' \
    ':KUBE-PROXY-FIREWALL - [0:0]' \
    ':KUBE-SERVICES - [0:0]' \
    '-A INPUT -m set --match-set blocked src -j DROP' \
    '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL' \
    '-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS' \
    '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES' \
    '-A INPUT -j KUBE-FIREWALL' \
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL' \
    '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD' \
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES' \
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES' \
    '-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD' \
    '-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL' \
    '-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES' \
    '-A OUTPUT -j KUBE-FIREWALL' \
    '-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT' \
    '-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT' \
    '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP' \
    '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP' \
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT' \
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT' \
    'COMMIT' \
    '*nat' \
    ':PREROUTING ACCEPT [0:0]' \
    ':INPUT ACCEPT [0:0]' \
    ':OUTPUT ACCEPT [0:0]' \
    ':POSTROUTING ACCEPT [0:0]' \
    ':FLANNEL-POSTRTG - [0:0]' \
    ':KUBE-KUBELET-CANARY - [0:0]' \
    ':KUBE-MARK-MASQ - [0:0]' \
    ':KUBE-NODEPORTS - [0:0]' \
    ':KUBE-POSTROUTING - [0:0]' \
    ':KUBE-PROXY-CANARY - [0:0]' \
    ':KUBE-SERVICES - [0:0]' \
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES' \
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES' \
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING' \
    '-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG' \
    '-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN' \
    '-A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN' \
    '-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN' \
    '-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment "flanneld masq" -j RETURN' \
    '-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully' \
    '-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully' \
    '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000' \
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN' \
    '-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0' \
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully' \
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS' \
    'COMMIT' |
    iptables node1
}

# ---------------------------------------------------------------------- devices that are down
build_rest() {
  lines \
    'link set eth0 down' |
    net cni-74db1b07-2d46-22e5-7fa3-acd544509bd7
}

# ---------------------------------------------------------------------- listeners
# Answers WHO|PEER-ADDRESS|PEER-PORT.
listener_program() {
  printf '%s\n' 'import os, socket, sys, threading

IP_PKTINFO = 8
PACKET_INFO = {
    socket.AF_INET: (socket.IPPROTO_IP, IP_PKTINFO),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO),
}

def open_socket(family, protocol, port):
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    opened = socket.socket(family, kind, socket.IPPROTO_SCTP if protocol == "sctp" else 0)
    if family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if protocol == "udp":
        opened.setsockopt(*PACKET_INFO[family], 1)
    else:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind(("", port))
    if protocol != "udp":
        opened.listen(128)
    return opened

def tell(who, peer):
    return f"{who}|{peer[0]}|{peer[1]}\n".encode()

def answer(client, who, peer):
    with client:
        client.settimeout(0.2)  # whoever says nothing by then does not speak HTTP
        try:
            asked = client.recv(4096)
        except OSError:
            asked = b""
        text = tell(who, peer)
        if b" HTTP/1." in asked:
            text = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(text) + text
        try:
            client.sendall(text)
        except OSError:
            pass

def serve_streams(server, who):
    while True:
        client, peer = server.accept()
        threading.Thread(target=answer, args=(client, who, peer), daemon=True).start()

def serve_datagrams(server, who):
    while True:
        _, where, _, peer = server.recvmsg(4096, 64)
        where = [(level, kind, data if server.family == socket.AF_INET6 else bytes(4) + data[4:]) for level, kind, data in where]
        try:
            server.sendmsg([tell(who, peer)], where, 0, peer)
        except OSError:
            pass

servers = []
for spec in sys.argv[1:]:
    protocol, port, who = spec.split("/", 2)
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            servers.append((serve_datagrams if protocol == "udp" else serve_streams, open_socket(family, protocol, int(port)), who))
        except OSError as error:
            # A kernel without IPv6 or SCTP serves what it has.
            if family == socket.AF_INET and protocol != "sctp":
                sys.exit(f"{who} cannot listen on {protocol}/{port}: {error.strerror}")
if os.fork():
    os._exit(0)
os.setsid()
os.dup2(0, 2)  # whoever waits for the end of the messages need not wait for this process
for serve, server, who in servers:
    threading.Thread(target=serve, args=(server, who)).start()'
}

start_listeners() {
  listener cni-74db1b07-2d46-22e5-7fa3-acd544509bd7 tcp/8080/default/web udp/53/default/web
}

main "$@"
