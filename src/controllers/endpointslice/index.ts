/**
 * # controllers/endpointslice: which pods stand behind a Service
 *
 * Models the endpointslice controller of kube-controller-manager (k8s.io/endpointslice): pods that a Service's
 * selector chooses become endpoints of slices, one set of slices an address family, at most 100 endpoints each.
 * An endpoint is `serving` while its pod is ready, `terminating` once the pod is being deleted, and `ready` when
 * serving and not terminating, or always with publishNotReadyAddresses. Finished pods and pods without an
 * address are left out. A named targetPort is resolved pod by pod.
 *
 * Guarantees: slices that were given are kept, in order and unchanged; the same objects give the same slices
 * with the same names; the endpoints of a slice are in the order of the pods.
 *
 * Leaves out: topology hints (only given slices have them), the history that spreads endpoints unevenly over
 * slices in a long-lived cluster, and the controller's own bookkeeping annotations.
 */
export { computeEndpointSlices } from './compute-endpoint-slices.ts';
