import { formatCidr, formatHostPort, formatIp, formatMac } from '../../addr/index.ts';
import type {
  IpSetField,
  IptablesCommand,
  LinkSpec,
  Operation,
  PolicyRuleSpec,
  RouteSpec,
  Rule,
} from '../../kernel/index.ts';
import { formatDestination, formatTable } from '../ip-route.ts';
import { printIpsetSave } from '../ipset-save.ts';
import { protocolName } from '../iptables/names.ts';
import { printRule } from '../iptables-rule.ts';
import { formatRealServer, formatScheduling, formatServiceName } from '../ipvs/ipvsadm-save.ts';
import { sysctlKey } from '../sysctl.ts';
import { shellWord } from './words.ts';

/**
 * The command line that does an operation: what `readCommand` reads back as the same operation, but for who did it.
 * Undefined for what no command of these tools does (`listen`, `iptables-restore`).
 */
export function formatOperation(operation: Operation): string | undefined {
  switch (operation.op) {
    case 'link-add':
      return `ip link add ${formatLink(operation.link)}`;
    case 'veth-add': {
      const [a, b] = operation.ends;
      const mtu = (end: typeof a): string => (end.mtu === undefined ? '' : ` mtu ${end.mtu}`);
      const netns = a.netns === b.netns ? '' : ` netns ${b.netns}`;
      return `ip link add ${a.name} address ${formatMac(a.mac)}${mtu(a)} type veth peer name ${b.name} address ${formatMac(b.mac)}${mtu(b)}${netns}`;
    }
    case 'link-delete':
      return `ip link del ${operation.name}`;
    case 'link-up':
      return `ip link set ${operation.name} up`;
    case 'link-down':
      return `ip link set ${operation.name} down`;
    case 'link-mac':
      return `ip link set ${operation.name} address ${formatMac(operation.mac)}`;
    case 'link-promisc':
      return `ip link set dev ${operation.name} promisc ${operation.promisc ? 'on' : 'off'}`;
    case 'link-mtu':
      return `ip link set ${operation.name} mtu ${operation.mtu}`;
    case 'link-master':
      return `ip link set ${operation.name} master ${operation.bridge}`;
    case 'link-nomaster':
      return `ip link set ${operation.name} nomaster`;
    case 'bridge-port':
      return `bridge link set dev ${operation.name} hairpin ${operation.hairpin ? 'on' : 'off'}`;
    case 'address-add': {
      const { ip, length, broadcast, device } = operation;
      return `ip addr add ${formatIp(ip)}/${length}${broadcast ? ' brd +' : ''} dev ${device}`;
    }
    case 'address-delete':
      return `ip addr del ${formatIp(operation.ip)}/${operation.length} dev ${operation.device}`;
    case 'route-add':
    case 'route-replace':
    case 'route-change':
    case 'route-append':
      return `ip route ${operation.op.slice('route-'.length)} ${formatRouteSpec(operation.route)}`;
    case 'route-delete':
      return `ip route del ${formatRouteSpec(operation.route)}`;
    case 'policy-rule-add':
      return `ip rule add ${formatPolicyRule(operation.rule)}`;
    case 'policy-rule-delete':
      return `ip rule del ${formatPolicyRule(operation.rule)}`;
    case 'neighbour-add':
    case 'neighbour-replace':
    case 'neighbour-change': {
      const { ip, device, mac, state } = operation;
      const verb = operation.op.slice('neighbour-'.length);
      return `ip neigh ${verb} ${formatIp(ip)} lladdr ${formatMac(mac)} dev ${device} nud ${state.toLowerCase()}`;
    }
    case 'neighbour-delete':
      return `ip neigh del ${formatIp(operation.ip)} dev ${operation.device}`;
    case 'proxy-neighbour-add':
      return `ip neigh add proxy ${formatIp(operation.ip)} dev ${operation.device}`;
    case 'proxy-neighbour-delete':
      return `ip neigh del proxy ${formatIp(operation.ip)} dev ${operation.device}`;
    case 'fdb-add':
    case 'fdb-append':
    case 'fdb-replace': {
      const { mac, device, dst } = operation;
      return `bridge fdb ${operation.op.slice('fdb-'.length)} ${formatMac(mac)} dev ${device} dst ${formatIp(dst)}`;
    }
    case 'fdb-delete':
      return `bridge fdb del ${formatMac(operation.mac)} dev ${operation.device}`;
    case 'bridge-fdb-add':
    case 'bridge-fdb-replace': {
      const { mac, port, state } = operation;
      const verb = operation.op.slice('bridge-fdb-'.length);
      return `bridge fdb ${verb} ${formatMac(mac)} dev ${port} master ${state}`;
    }
    case 'bridge-fdb-delete':
      return `bridge fdb del ${formatMac(operation.mac)} dev ${operation.port} master`;
    case 'sysctl':
      return `sysctl -w ${shellWord(`${sysctlKey(operation.key)}=${operation.value}`)}`;
    case 'iptables': {
      const table = operation.table === 'filter' ? '' : ` -t ${operation.table}`;
      const tool = operation.family === 4 ? 'iptables' : 'ip6tables';
      return `${tool}${table} ${formatIptables(operation.command, operation.family)}`;
    }
    case 'ipset-add': {
      const { fields, nomatch, timeout, comment } = operation.entry;
      const words = ['ipset add', operation.name, formatFields(fields)];
      if (timeout !== undefined) words.push(`timeout ${timeout}`);
      if (nomatch) words.push('nomatch');
      if (comment !== undefined) words.push(`comment ${shellWord(comment)}`);
      return words.join(' ');
    }
    case 'ipset-create': {
      const [line = ''] = printIpsetSave([{ ...operation.set, entries: new Map(), generation: 0 }]).split(
        '\n',
      );
      return `ipset ${line}`.trimEnd();
    }
    case 'ipset-del':
      return `ipset del ${operation.name} ${formatFields(operation.fields)}`;
    case 'ipset-destroy':
      return `ipset destroy ${operation.name}`;
    case 'ipvs-service-add':
      return `ipvsadm -A ${formatServiceName(operation.service)} ${formatScheduling(operation.service)}`;
    case 'ipvs-service-edit':
      return `ipvsadm -E ${formatServiceName(operation.service)} ${formatScheduling(operation.service)}`;
    case 'ipvs-service-delete':
      return `ipvsadm -D ${formatServiceName(operation.service)}`;
    case 'ipvs-server-add':
      return `ipvsadm -a ${formatServiceName(operation.service)} ${formatRealServer(operation.server)}`;
    case 'ipvs-server-edit':
      return `ipvsadm -e ${formatServiceName(operation.service)} ${formatRealServer(operation.server)}`;
    case 'ipvs-server-delete': {
      const { ip, port } = operation.server;
      return `ipvsadm -d ${formatServiceName(operation.service)} -r ${formatHostPort(ip, port)}`;
    }
    case 'ipvs-clear':
      return 'ipvsadm -C';
    case 'ipvs-timeouts': {
      const { tcp, tcpFin, udp } = operation.timeouts;
      return `ipvsadm --set ${tcp} ${tcpFin} ${udp}`;
    }
    case 'ipset-flush':
      return `ipset flush ${operation.name}`;
    default:
      return undefined;
  }
}

function formatLink(link: LinkSpec): string {
  const mtu = link.mtu === undefined ? '' : ` mtu ${link.mtu}`;
  const head = `${link.name} address ${formatMac(link.mac)}${mtu} type ${link.kind}`;
  if (link.kind !== 'vxlan') return head;
  const { vni, device, local, dstPort, learning } = link;
  return `${head} id ${vni} dev ${device} local ${formatIp(local)} dstport ${dstPort}${learning ? '' : ' nolearning'}`;
}

function formatRouteSpec(route: RouteSpec): string {
  const words: string[] = [];
  if (route.type !== undefined && route.type !== 'unicast') words.push(route.type);
  words.push(formatDestination(route.dst));
  if (route.via !== undefined) words.push('via', formatIp(route.via));
  if (route.device !== undefined) words.push('dev', route.device);
  if (route.onlink === true) words.push('onlink');
  if (route.table !== undefined) words.push('table', formatTable(route.table));
  if (route.protocol !== undefined) words.push('proto', route.protocol);
  if (route.scope !== undefined) words.push('scope', route.scope);
  if (route.prefsrc !== undefined) words.push('src', formatIp(route.prefsrc));
  if (route.metric !== undefined) words.push('metric', `${route.metric}`);
  if (route.mtu !== undefined) words.push('mtu', `${route.mtu}`);
  return words.join(' ');
}

function formatPolicyRule(rule: PolicyRuleSpec): string {
  const words: string[] = [];
  if (rule.from !== undefined) words.push('from', formatCidr(rule.from));
  if (rule.to !== undefined) words.push('to', formatCidr(rule.to));
  if (rule.mark !== undefined)
    words.push('fwmark', `0x${rule.mark.value.toString(16)}/0x${rule.mark.mask.toString(16)}`);
  if (rule.iif !== undefined) words.push('iif', rule.iif);
  if (rule.oif !== undefined) words.push('oif', rule.oif);
  if (rule.table !== undefined) words.push('lookup', formatTable(rule.table));
  if (rule.priority !== undefined) words.push('priority', `${rule.priority}`);
  return words.join(' ');
}

/** An element as `ipset` writes it: its dimensions, separated by commas. */
function formatFields(fields: readonly IpSetField[]): string {
  return fields.map(formatField).join(',');
}

function formatField(field: IpSetField): string {
  switch (field.kind) {
    case 'ip':
      return formatIp(field.ip);
    case 'net': {
      const host = field.length === (typeof field.ip === 'number' ? 32 : 128);
      return host ? formatIp(field.ip) : `${formatIp(field.ip)}/${field.length}`;
    }
    case 'port':
      return field.protocol === undefined ? `${field.port}` : `${protocolName(field.protocol)}:${field.port}`;
    case 'mark':
      return `0x${field.mark.toString(16).padStart(8, '0')}`;
    case 'iface':
    case 'set':
      return field.name;
    case 'mac':
      return formatMac(field.mac).toUpperCase();
  }
}

function formatIptables(command: IptablesCommand, family: 4 | 6): string {
  // iptables-save escapes `'` inside quotes, which a shell would take literally, and not what a shell would expand.
  const text = ([rule]: readonly Rule[]): string =>
    rule === undefined ? '' : printRule(rule, family).replaceAll("\\'", "'").replace(/[$`]/g, '\\$&');
  const joined = (...words: readonly string[]): string => words.filter((word) => word !== '').join(' ');
  switch (command.kind) {
    case 'append':
      return joined('-A', command.chain, text(command.rules));
    case 'insert':
      return joined(
        '-I',
        command.chain,
        command.number === 1 ? '' : `${command.number}`,
        text(command.rules),
      );
    case 'replace':
      return joined('-R', command.chain, `${command.number}`, text([command.rule]));
    case 'delete':
      return joined('-D', command.chain, text(command.rules));
    case 'check':
      return joined('-C', command.chain, text(command.rules));
    case 'delete-number':
      return joined('-D', command.chain, `${command.number}`);
    case 'flush':
      return joined('-F', command.chain ?? '');
    case 'zero':
      return joined('-Z', command.chain ?? '');
    case 'delete-chain':
      return joined('-X', command.chain ?? '');
    case 'new-chain':
      return joined('-N', command.chain);
    case 'rename-chain':
      return joined('-E', command.chain, command.to);
    case 'policy':
      return joined('-P', command.chain, command.policy);
  }
}
