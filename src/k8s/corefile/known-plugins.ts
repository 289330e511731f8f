/**
 * The plugins that CoreDNS is built with (plugin.cfg of 1.14, and those that older ones had), by what they are to an
 * answer; and those of the list of external plugins, which only a CoreDNS that somebody built has.
 */

/** What is read of a Corefile. */
export const MODELLED: readonly string[] = [
  ...['any', 'forward', 'header', 'hosts', 'import', 'kubernetes', 'local', 'minimal', 'proxy'],
];

/** They leave the records of an answer as they are, or change their order and age, which nothing here has. */
export const HARMLESS: readonly string[] = [
  ...['bind', 'bufsize', 'cache', 'cancel', 'chaos', 'debug', 'dnstap', 'errors', 'geoip', 'grpc_server'],
  ...['health', 'https', 'https3', 'loadbalance', 'log', 'loop', 'metadata', 'multisocket', 'nsid', 'on'],
  ...['pprof', 'prometheus', 'quic', 'ready', 'reload', 'root', 'timeouts', 'tls', 'trace', 'startup'],
  ...['shutdown'],
];

/** They answer for themselves, or change what others answer. */
export const UNMODELLED: Readonly<Record<string, string>> = {
  acl: 'refuses or drops queries by who asks',
  auto: 'answers from zone files of a folder',
  autopath: 'searches for the client, at the first of its names',
  azure: 'answers from Azure DNS',
  clouddns: 'answers from Google Cloud DNS',
  dns64: 'makes AAAA records of A records',
  dnssec: 'signs answers to queries that ask for it',
  erratic: 'drops, delays and cuts answers',
  etcd: 'answers from etcd',
  federation: 'answers for federated clusters',
  file: 'answers from a zone file',
  grpc: 'asks another server over gRPC',
  k8s_external: 'answers with the external addresses of Services',
  nomad: 'answers from Nomad',
  rewrite: 'changes queries before they are answered',
  route53: 'answers from AWS Route 53',
  secondary: 'answers from a zone that it transfers',
  sign: 'signs zone files',
  template: 'answers by its own patterns',
  transfer: 'transfers zones',
  tsig: 'checks and signs by shared keys',
  view: 'chooses the block by who asks',
  whoami: 'answers with who asks',
};

/** Of coredns.io/explugins and of well-known distributions. */
export const EXTERNAL: readonly string[] = [
  ...['ads', 'alias', 'alternate', 'amazondns', 'block', 'blocklist', 'consul', 'demo', 'digitalocean'],
  ...['dnsredir', 'docker', 'dockerdiscovery', 'dump', 'ens', 'example', 'fallback', 'fanout', 'filter'],
  ...['finalize', 'firewall', 'forwardcrd', 'gathersrv', 'git', 'gravwell', 'gslb', 'idetcd', 'ipecho'],
  ...['ipin', 'json', 'k8s_cache', 'k8s_crd', 'k8s_dns_chaos', 'k8s_event', 'k8s_gateway', 'kubeapi'],
  ...['kubenodes', 'kubernetai', 'lighthouse', 'mdns', 'meship', 'meshname', 'multicluster', 'mysql'],
  ...['netbox', 'nodecache', 'ocp_dnsnameresolver', 'omada', 'pdsql', 'policy', 'proxmox', 'records'],
  ...['recursor', 'redis', 'redisc', 'rrl', 'serf', 'tailscale', 'themis', 'traefik', 'unbound'],
  ...['warnlist', 'wgsd', 'wireguard'],
];
