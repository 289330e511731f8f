/**
 * # controllers/dns: what CoreDNS answers
 *
 * Models the cluster's DNS: the kubernetes plugin of CoreDNS over the objects of a cluster (records of Services,
 * endpoints and pods), the parts of a Corefile that decide about it, and behind it a resolver outside that knows the
 * named hosts of a Topology. `dnsServer` reads the objects once; `answer` answers a query, and `respond` the bytes of
 * one, with those that CoreDNS would send back.
 *
 * Guarantees: the same query gets the same records as from CoreDNS 1.12, in name (case kept), data and TTL, with the
 * same difference between a name that does not exist (NXDOMAIN) and one without such records (NODATA); whatever is not
 * found comes with a reason, and with what may have been meant; nothing throws on any name.
 *
 * Leaves out: time (caches, and the shuffling of plugin loadbalance: answers are in the order of the objects), the
 * network (how a query gets here, and how others are asked, is the walk's), multicluster zones, other plugins that change
 * answers (rewrite, template, file: a diagnostic says so where the Corefile is read). Names outside the cluster are those of the
 * Topology and no others.
 */
export { type AskUpstream, answer, failure, outsideAnswer } from './answer.ts';
export { FORWARD_ALL, KUBEADM_COREFILE } from './default-corefile.ts';
export { type DnsServer, type DnsServerOptions, dnsServer } from './dns-server.ts';
export { withDns } from './kube-dns.ts';
export { isWithin } from './names.ts';
export { parseRequest, type RecordRequest, type RequestOptions } from './parse-request.ts';
export type { DnsAnswer, DnsQuery, DnsRecord, DnsRecordType, Rcode } from './record.ts';
export { rcodeName, respond, responseTo, type Transport } from './respond.ts';
