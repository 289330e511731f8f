/**
 * # controllers/node-local-dns: the cache on each node
 *
 * Models NodeLocal DNSCache (k8s-dns-node-cache): on each node with a pod of it the device `nodelocaldns` with its
 * addresses, the rules that keep queries to them out of conntrack (and so out of kube-proxy's NAT), and its sockets.
 * What it answers is the Corefile's business (controllers/dns).
 *
 * Guarantees: rules in the order in which node-cache leaves them: each is put on top of those before it.
 *
 * Leaves out: ebtables rules (`-setupebtables`), the port of its health check, and the time before it is ready.
 */
export { nodeLocalDnsOperations, nodeLocalDnsTables } from './node-cache.ts';
