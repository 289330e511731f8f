/** What `dump` prints, with the command that it stands for. */
export const DUMPS = {
  'iptables-save': 'iptables-save',
  'ip6tables-save': 'ip6tables-save',
  'ip-addr': 'ip addr',
  'ip-link': 'ip -d link',
  'ip-route': 'ip route',
  'ip-rule': 'ip rule',
  'ip-neigh': 'ip neigh',
  'bridge-fdb': 'bridge fdb',
  'bridge-link': 'bridge -d link',
  sysctl: 'sysctl -a',
  'ipset-save': 'ipset save',
  ipvsadm: 'ipvsadm -Ln',
  'ipvsadm-save': 'ipvsadm-save -n',
  conntrack: 'conntrack -L',
  'resolv-conf': 'cat /etc/resolv.conf',
  hosts: 'cat /etc/hosts',
  env: 'env | sort',
} as const;

export type DumpName = keyof typeof DUMPS;

/** What a pod or node has for looking up names: files and variables, no state of its kernel. */
export type NameDump = 'resolv-conf' | 'hosts' | 'env';

export function isNameDump(what: DumpName): what is NameDump {
  return what === 'resolv-conf' || what === 'hosts' || what === 'env';
}

/** Programs whose share of the state `--program` shows. */
export const PROGRAMS = ['flannel', 'cni', 'kube-proxy', 'kubelet', 'network-policy'] as const;
