/**
 * # sockets: who listens
 *
 * Models the servers that answer: pods on the ports that they declare and on those of which something else of them says
 * so (also while not ready or terminating), nodes on the health check ports of their Services, the kernel on the VXLAN
 * port, hosts outside on what the Topology says.
 *
 * Guarantees: hostNetwork pods listen in their node's namespace, the first in input order winning a port that two
 * want (note PW415); a pod that declares no port at all listens on every port that Services or EndpointSlices send
 * to it, marked as assumed, after those that declare theirs; a node listens on the ports of EndpointSlices that name
 * its address and no pod, unless a pod on its network does; finished and unplaced pods do not listen.
 *
 * Leaves out: what servers say, ports that containers open without a word of it in their manifests, and the system's
 * own daemons (kubelet, sshd).
 */
export { type Listeners, listeners, type SocketsInput } from './listeners.ts';
