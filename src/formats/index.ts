/**
 * # formats: the texts of the Linux tools
 *
 * Models what `ip addr`, `ip link`, `ip route`, `ip rule`, `ip neigh`, `bridge fdb`, `bridge link`, `sysctl`
 * (iproute2 6.1, Linux 6.18), `iptables-save` (1.8.9), `ipset save` (7.17), `ipvsadm` (1.31) and `conntrack -L`
 * (1.4.7) print of a network namespace. Each format has plain
 * entries, one for each thing that the text lists, and four functions: `print...` gives the text of a
 * namespace, `...Entries` the entries of a namespace, `format...` the text of entries, `parse...` the entries
 * of a text.
 *
 * `commands/` reads the other way: a command line of `ip`, `bridge`, `iptables`, `ipset`, `ipvsadm` or `sysctl` as the operations
 * that it does (`readCommand`), refused in the tool's own words, and an operation as the command that does it
 * (`formatOperation`).
 *
 * Guarantees: the text is the tool's, byte for byte, blanks at line ends included; `format` and `parse` are
 * exact inverses; a parser takes only what the tool prints, reports every line that does not fit by its
 * number, and never throws. What the kernel keeps without being told and the state therefore does not hold
 * (link-local addresses and their routes, multicast groups, flags, operational states) is derived here.
 *
 * Leaves out: time (timers print as 0.00, lifetimes as forever, timeouts whole), duplicate address detection, statistics,
 * multipath routes, and the kernel's hash order: neighbours and vxlan entries have a fixed order instead.
 */
export * from './bridge-fdb.ts';
export * from './bridge-link.ts';
export { formatOperation } from './commands/format-operation.ts';
export { type CommandResult, readCommand } from './commands/read-command.ts';
export { shellWord } from './commands/words.ts';
export * from './conntrack.ts';
export * from './ip-addr.ts';
export * from './ip-link.ts';
export * from './ip-neigh.ts';
export {
  formatIpRoute,
  formatIpRouteEntry,
  type IpRouteEntry,
  parseIpRoute,
  printIpRoute,
} from './ip-route.ts';
export { type IpRouteOptions, ipRouteEntries } from './ip-route-state.ts';
export * from './ip-rule.ts';
export * from './ipset-save.ts';
export type { Counters, ParsedRule } from './iptables/rule-reader.ts';
export * from './iptables-rule.ts';
export * from './iptables-save.ts';
export {
  countConnections,
  formatIpvsConnections,
  type IpvsConnectionEntry,
  type IpvsPlace,
  ipvsConnectionEntries,
  parseIpvsConnections,
  printIpvsConnections,
} from './ipvs/connections.ts';
export {
  type ConnectionsOf,
  type IpvsServerEntry,
  type IpvsServiceEntry,
  ipvsEntries,
  type ServerConnections,
} from './ipvs/entries.ts';
export { formatIpvsadm, type IpvsadmResult, parseIpvsadm, printIpvsadm } from './ipvs/ipvsadm.ts';
export { formatIpvsadmSave, parseIpvsadmSave, printIpvsadmSave } from './ipvs/ipvsadm-save.ts';
export type { EntriesResult, LineError } from './lines.ts';
export * from './sysctl.ts';
