/** The parts of the script that are the same for every cluster. */

export const HEAD = (summary: string, prefix: string): string => `#!/bin/sh
# A cluster in network namespaces of this machine's kernel, written by podwalk: ${summary}.
# Needs root. Touches nothing but network namespaces whose name begins with $P.
#
#   up              build it, and start a listener on every port of the cluster
#   down            take it away
#   status          what is there
#   exec WHO CMD    run a command in a node, pod ([NAMESPACE/]NAME), router, host or switch
set -eu

P=\${P:-${prefix}}           # before the name of every namespace
NODE=\${NODE:-node}     # runs the listeners
PATH=$PATH:/usr/sbin:/sbin
`;

export const FRAME = `# ---------------------------------------------------------------------- how it is done
say() { echo "$*" >&2; }

# Tells everything that is missing before anything is built.
check() {
  missing=
  [ "$(id -u)" = 0 ] || { say "missing: root (run it with sudo)"; missing=1; }
  while read -r command package; do
    command -v "$command" >/dev/null || { say "missing: $command (Debian package $package)"; missing=1; }
  done <<END
$(tools)
END
  [ -z "$missing" ] || exit 2
  modprobe -q br_netfilter 2>/dev/null || :
  [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || {
    say "missing: the kernel's bridge netfilter (modprobe br_netfilter)"
    exit 2
  }
}

# Commands on standard input, in a namespace.
net() { ip -n "$P$1" -batch -; }
fdb() { bridge -n "$P$1" -batch -; }
in_ns() { ns=$P$1; shift; ip netns exec "$ns" "$@"; }
ipsets() { in_ns "$1" ipset restore; }
iptables() { in_ns "$1" iptables-restore; }
ip6tables() { in_ns "$1" ip6tables-restore; }
# -e: a setting that this kernel does not have is left out.
settings() { in_ns "$1" sysctl -q -e -p - >/dev/null; }

add() {
  ip netns add "$P$1"
  ip -n "$P$1" link set lo up
  echo "$COMMON" | settings "$1"
}

listener() {
  name=$1; shift
  ip netns exec "$P$name" "$NODE" -e "$LISTENER" "$@" </dev/null >/dev/null &
  wanted=$(($# - 1)); tries=0
  until [ "$(in_ns "$name" ss -Hltu | wc -l)" -ge "$wanted" ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { say "the listener of $name does not start"; return 1; }
    sleep 0.05
  done
}

namespaces() { ip netns list | cut -d' ' -f1 | while read -r ns; do case $ns in "$P"*) echo "$ns";; esac; done; }

up() {
  check
  [ -z "$(namespaces)" ] || { say "there are namespaces named $P* already: run it with \\"down\\" first"; exit 1; }
  trap 'trap - EXIT INT TERM HUP; say "not built: taking away what there is"; down; exit 1' EXIT INT TERM HUP
  build_namespaces
  build_devices
  build_state
  build_rules
  build_rest
  start_listeners
  trap - EXIT INT TERM HUP
  say "built: $(members | wc -l) namespaces"
}

down() {
  for ns in $(namespaces); do
    ip netns pids "$ns" | while read -r pid; do kill "$pid" 2>/dev/null || :; done
    ip netns del "$ns" || :
  done
}

status() {
  there=$(namespaces)
  members | while read -r kind name ns; do
    echo "$there" | grep -qxF "$P$ns" || { echo "$kind $name: not built"; continue; }
    addresses=$(ip -n "$P$ns" -4 -br addr | awk '$1 != "lo" { for (i = 3; i <= NF; i++) printf " %s", $i }')
    echo "$kind $name: $P$ns$addresses, $(in_ns "$ns" ss -Hltun | wc -l) listening"
  done
}

# The namespace of a node, pod, router, host or switch; of two with one name, the node or pod.
find_ns() {
  members | awk -v who="$1" '
    { plain = $2; sub(/^default\\//, "", plain)
      inside = $1 == "pod" || $1 == "node"
      if (who == $1 "/" $2 || who == $1 "/" plain || (inside && (who == $2 || who == plain))) { print $3; found = 1; exit }
      if (who == $2 && other == "") other = $3 }
    END { if (!found && other != "") print other }'
}

run() {
  [ $# -ge 2 ] || { say "usage: $0 exec WHO CMD..."; exit 2; }
  ns=$(find_ns "$1")
  [ -n "$ns" ] || { say "nothing here is called $1; there are:"; members | awk '{ print "  " $1 " " $2 }' >&2; exit 2; }
  shift
  exec ip netns exec "$P$ns" "$@"
}

main() {
  case \${1:-} in
    up) up;;
    down) down;;
    status) status;;
    exec) shift; run "$@";;
    *) say "usage: $0 up|down|status|exec WHO CMD..."; exit 2;;
  esac
}
`;
