import { type CniConfig, type ConfigOrigin, DEFAULT_CNI } from '../cni-config.ts';
import {
  child,
  type Field,
  flag,
  integer,
  invalid,
  isMapping,
  isPresent,
  records,
  required,
  tell,
  text,
} from '../field.ts';
import { canonicalKeys, warnUnknown } from './canonical-keys.ts';
import { decodePortmap } from './cni-portmap.ts';

/** Fields of a configuration of the CNI library, and of the bridge plugin, as they spell them; Go matches without case. */
const ROOT_FIELDS = [
  'cniVersion',
  'cniVersions',
  'name',
  'plugins',
  'type',
  'disableCheck',
  'disableGC',
  'delegate',
];
const BRIDGE_FIELDS = [
  ...[
    'type',
    'bridge',
    'isGateway',
    'isDefaultGateway',
    'forceAddress',
    'ipMasq',
    'ipMasqBackend',
    'mtu',
    'hairpinMode',
  ],
  ...['promiscMode', 'vlan', 'vlanTrunk', 'preserveDefaultVlan', 'macspoofchk', 'enabledad', 'portIsolation'],
  ...[
    'disableContainerInterface',
    'uplinkInterface',
    'mac',
    'runtimeConfig',
    'capabilities',
    'args',
    'dns',
    'ipam',
    'name',
  ],
  ...['cniVersion', 'subnetFile', 'dataDir', 'delegate', 'plugins', 'disableCheck', 'snat'],
];
/** What of the bridge plugin changes the way of packets, and is not modelled. */
const NOT_MODELLED = [
  'vlan',
  'vlanTrunk',
  'macspoofchk',
  'portIsolation',
  'disableContainerInterface',
  'uplinkInterface',
];

/** Plugins that run after the one that connects a pod, with what they do. */
const CHAINED: Readonly<Record<string, string>> = {
  bandwidth: 'limits how fast a pod sends and gets; a walk takes no time',
  firewall: 'writes chains CNI-FORWARD and CNI-ADMIN of its own',
  tuning: "sets sysctls and the link address of a pod's device",
  sbr: "routes a pod's packets by their source",
  vrf: "puts a pod's device into a VRF",
  'istio-cni': "leads a pod's connections to the proxy of the mesh",
  'linkerd-cni': "leads a pod's connections to the proxy of the mesh",
  'cilium-cni': "has eBPF programs route, balance and judge a pod's packets",
  'aws-cni': 'gives pods addresses of the VPC',
};

/** `/etc/cni/net.d`'s file, or the text that becomes it; undefined: it connects nobody, which is told. */
export function decodeCniConfig(given: Field, origin: ConfigOrigin, flannelMasquerades: boolean): CniConfig {
  const field = canonicalKeys(given, ROOT_FIELDS);
  const { source } = field.report;
  const where = { origin, ...(source === undefined ? {} : { source }) };
  const list = child(field, 'plugins');
  const plugins = isPresent(list) ? records(list) : isPresent(child(field, 'type')) ? [field] : [];
  const [main, ...chained] = plugins.map((plugin) => canonicalKeys(plugin, [...BRIDGE_FIELDS]));
  if (main === undefined) {
    tell(
      list,
      'warning',
      'PW243',
      'no plugins: the runtime would refuse the configuration; that of kube-flannel.yml is assumed',
      'write plugins: flannel with its delegate, and portmap',
      'sentence',
    );
    return DEFAULT_CNI;
  }
  const name = text(child(field, 'name')) ?? '';
  if (name === '') required(child(field, 'name'), 'the chains of a network have their names from it');
  const bridge = decodeMain(main, flannelMasquerades);
  const portmap = chained.find((plugin) => child(plugin, 'type').value === 'portmap');
  for (const plugin of chained) if (plugin !== portmap) warnChained(plugin);
  const ports = portmap === undefined ? undefined : decodePortmap(portmap);
  return {
    ...bridge,
    name: name || DEFAULT_CNI.name,
    ...(ports === undefined ? {} : { portmap: ports }),
    ...where,
  };
}

type BridgePart = Omit<CniConfig, 'name' | 'portmap' | 'origin' | 'source'>;

function decodeMain(main: Field, flannelMasquerades: boolean): BridgePart {
  const typeField = child(main, 'type');
  const type = text(typeField) ?? '';
  if (type === 'bridge') return decodeBridge(main, { isGateway: false, ipMasq: false, mtu: 1500 });
  if (type !== 'flannel') {
    if (type === '') required(typeField, 'the name of a plugin');
    else
      tell(
        typeField,
        'warning',
        'PW242',
        `the walk is that of the flannel and bridge plugins, this cluster's is not: "${type}" connects its pods`,
        'take what is shown for what flannel would do',
        'sentence',
      );
    return DEFAULT_CNI;
  }
  const given = child(main, 'delegate');
  isMapping(given);
  const delegate = canonicalKeys(given, BRIDGE_FIELDS);
  for (const key of ['name', 'ipam']) {
    if (!isPresent(child(delegate, key))) continue;
    const words = `'delegate' dictionary must not have '${key}' field, it'll be set by flannel`;
    tell(child(delegate, key), 'error', 'PW243', words, 'leave it out', 'sentence');
  }
  const delegated = text(child(delegate, 'type')) ?? 'bridge';
  if (delegated !== 'bridge') {
    const message = `flannel delegates to "${delegated}": not modelled; pods are connected as by "bridge"`;
    tell(child(delegate, 'type'), 'warning', 'PW242', message, undefined, 'sentence');
  }
  // What cmdAdd of the flannel plugin puts in where the delegate does not say it.
  return decodeBridge(delegate, { isGateway: true, ipMasq: !flannelMasquerades, mtu: 0 });
}

function decodeBridge(field: Field, unsaid: Pick<CniConfig, 'isGateway' | 'ipMasq' | 'mtu'>): BridgePart {
  warnUnknown(field, BRIDGE_FIELDS, 'the bridge plugin');
  const bridgeField = child(field, 'bridge');
  const bridge = text(bridgeField) ?? '';
  if (bridge !== '' && !isDeviceName(bridge))
    invalid(
      bridgeField,
      'not a valid ifname',
      'a device has a name of 1 to 15 bytes, without blanks and slashes',
    );
  const hairpin = flag(child(field, 'hairpinMode')) ?? false;
  const promiscField = child(field, 'promiscMode');
  const promisc = flag(promiscField) ?? false;
  if (hairpin && promisc)
    tell(
      promiscField,
      'error',
      'PW243',
      'cannot set hairpin mode and promiscuous mode at the same time.',
      'leave one of hairpinMode and promiscMode out: no pod would be made',
      'sentence',
    );
  const isDefaultGateway = flag(child(field, 'isDefaultGateway')) ?? false;
  const isGateway = flag(child(field, 'isGateway')) ?? unsaid.isGateway;
  flag(child(field, 'forceAddress'));
  for (const key of NOT_MODELLED) {
    const at = child(field, key);
    if (!isPresent(at) || at.value === false || at.value === 0 || at.value === '') continue;
    const message = `${key} of the bridge plugin is not modelled: pods are connected as without it`;
    tell(at, 'warning', 'PW244', message, undefined, 'sentence');
  }
  return {
    bridge: bridge === '' || !isDeviceName(bridge) ? DEFAULT_CNI.bridge : bridge,
    hairpin,
    promisc,
    // cmdAdd: a default gateway is a gateway.
    isGateway: isGateway || isDefaultGateway,
    isDefaultGateway,
    ipMasq: flag(child(field, 'ipMasq')) ?? unsaid.ipMasq,
    mtu: mtuOf(child(field, 'mtu')) || unsaid.mtu,
  };
}

function mtuOf(field: Field): number {
  const mtu = integer(field) ?? 0;
  // The kernel's limits for a veth: ETH_MIN_MTU and ETH_MAX_MTU.
  if (mtu === 0 || (mtu >= 68 && mtu <= 65535)) return mtu;
  invalid(field, 'must be between 68 and 65535, inclusive');
  return 0;
}

function isDeviceName(name: string): boolean {
  // `all` and `default` are taken below /proc/sys/net; a percent sign stands for a number.
  return !/^(?:\.\.?|all|default)$/.test(name) && /^[!-$&-.0-9;-~]{1,15}$/.test(name);
}

function warnChained(plugin: Field): void {
  const typeField = child(plugin, 'type');
  const type = text(typeField) ?? '';
  if (type === '') return required(typeField, 'the name of a plugin');
  if (type === 'portmap' || type === 'loopback') return;
  const what = CHAINED[type];
  const message =
    what === undefined
      ? `unknown CNI plugin "${type}": pods are connected as without it`
      : `the CNI plugin "${type}" is not modelled: it ${what}`;
  tell(typeField, 'warning', 'PW242', message, undefined, 'sentence');
}
