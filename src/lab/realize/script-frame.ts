/** The parts of the script that are the same for every cluster. */

export const HEAD = (summary: string, prefix: string): string => `#!/bin/sh
# A cluster in network namespaces of this machine's kernel, written by podwalk: ${summary}.
# Needs root. Touches nothing but network namespaces whose name begins with $P, and the processes in them.
#
#   up              build it, and start a listener on every port of the cluster
#   down            take it away
#   status          what is there; fails when something is not
#   exec WHO CMD    run a command in a node, pod ([NAMESPACE/]NAME), router, host or switch
set -eu

P=\${P:-${prefix}} # before the name of every namespace
PATH=$PATH:/usr/sbin:/sbin
`;

export const FRAME = `# ---------------------------------------------------------------------- how it is done
say() { printf '%s\\n' "$*" >&2; }
lines() { printf '%s\\n' "$@"; }

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
    if [ -e "$file" ]; then lines "\${file##*/}"; fi
  done
}

up() {
  check
  [ -z "$(namespaces)" ] || { say "there are namespaces named $P* already; \\"down\\" takes them away"; exit 1; }
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
    [ $tries -lt 40 ] || { say "still running: $(lines "$pids" | tr '\\n' ' ')"; return; }
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
  [ -z "$(namespaces)" ] || { say "still there: $(namespaces | tr '\\n' ' ')"; return 1; }
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
    { plain = $2; sub(/^default\\//, "", plain)
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
  namespaces | grep -qxF -e "$P$ns" || { say "$1 is not built: run it with \\"up\\" first"; exit 2; }
  shift
  exec ip netns exec "$P$ns" "$@"
}

# Letters, digits and dashes: nothing else begins a name of ours.
case $P in
  -*|*[!abcdefghijklmnopqrstuvwxyz0123456789-]*) say "P: \\"$P\\" is no prefix of namespaces: small letters, digits, dashes"; exit 2;;
esac

main() {
  case \${1:-} in
    up) up;;
    down) as_root || exit 2; down;;
    status) as_root || exit 2; status;;
    exec) shift; run "$@";;
    *) say "usage: $0 up|down|status|exec WHO CMD..."; exit 2;;
  esac
}
`;
