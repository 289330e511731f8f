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
} as const;

export type DumpName = keyof typeof DUMPS;

/** Programs whose share of the state `--program` shows. */
export const PROGRAMS = ['flannel', 'cni', 'kube-proxy', 'kubelet', 'network-policy'] as const;
