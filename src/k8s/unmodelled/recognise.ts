import type { Draft } from '../draft.ts';
import { at, child, type Field, isRecord, items } from '../field.ts';
import type { SourceRef } from '../objects.ts';
import {
  CALICO,
  CANAL,
  CILIUM,
  isNamed,
  KUBE_ROUTER,
  OTHER_NETWORKS,
  type OtherNetwork,
} from './networks.ts';

/** A network that is not the one walked, and the objects that give it away. */
export interface Recognised {
  readonly network: OtherNetwork;
  /** `DaemonSet kube-system/calico-node`, in the order of the input; the workloads before the pods. */
  readonly objects: readonly string[];
  readonly source?: SourceRef;
  /** Whether pods hang on it; not so kube-router beside flannel, which then only judges. */
  readonly routes: boolean;
  /** The object that says that Services are somebody else's than kube-proxy's, and how it says so. */
  readonly services?: string;
}

interface Finding {
  network: OtherNetwork;
  objects: string[];
  source?: SourceRef;
  routes: boolean;
  services?: string;
}

/** The networks beside or in place of flannel's, by the programs and configurations in the input. */
export function recogniseNetworks(draft: Draft): Recognised[] {
  const found = new Map<OtherNetwork, Finding>();
  for (const { object, field } of draft.workloads) {
    const spec = at(field, 'spec', 'template', 'spec');
    see(found, networkOf(object.meta.name, spec), object.kind, object.meta, spec);
  }
  // Workloads first: what they say of themselves counts more than a configuration that lies beside them.
  for (const { field, kind, meta } of draft.configurations) {
    const network =
      kind === 'Installation'
        ? CALICO
        : OTHER_NETWORKS.find(({ configMaps }) => isNamed(configMaps, withoutHash(meta.name)));
    see(found, network, kind, meta, field);
  }
  // Of many pods of one agent the first will do; where their DaemonSet is given, none.
  const workloads = new Set(found.keys());
  for (const { object, field } of draft.pods) {
    if (!object.hostNetwork) continue;
    const spec = child(field, 'spec');
    const network = networkOf(object.meta.name, spec);
    if (network === undefined || workloads.has(network) || found.has(network)) continue;
    see(found, network, 'Pod', object.meta, spec);
  }
  // Canal's DaemonSet runs Calico's agent; its policies are told with it.
  if (found.has(CANAL)) found.delete(CALICO);
  return [...found.values()].filter(({ routes, services }) => routes || services !== undefined);
}

/** The one of the networks that gives pods their addresses. */
export function otherPodNetwork(networks: readonly Recognised[]): OtherNetwork | undefined {
  return networks.find(({ network, routes }) => routes && network.beside !== true && network !== CANAL)
    ?.network;
}

function see(
  found: Map<OtherNetwork, Finding>,
  network: OtherNetwork | undefined,
  kind: string,
  {
    namespace,
    name,
    source,
  }: { readonly namespace: string; readonly name: string; readonly source?: SourceRef },
  body: Field,
): void {
  if (network === undefined) return;
  const object = `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
  const services = servicesOf(network, kind, body);
  let finding = found.get(network);
  if (finding === undefined) {
    const routes = network !== KUBE_ROUTER || kind === 'ConfigMap' || isPodNetwork(body);
    finding = { network, objects: [], routes, ...(source === undefined ? {} : { source }) };
    found.set(network, finding);
  }
  if (!finding.objects.includes(object)) finding.objects.push(object);
  if (services !== undefined && finding.services === undefined) finding.services = `${object}: ${services}`;
}

/** The network whose agent a pod spec, or the name of its object, is. */
function networkOf(name: string, spec: Field): OtherNetwork | undefined {
  const images = imagesOf(spec);
  const runs = (network: OtherNetwork): boolean => images.some((image) => isImage(network.images, image));
  if (runs(CALICO) && images.some((image) => /(^|\/)flannel(-v?[\d.]+)?$/.test(image))) return CANAL;
  return OTHER_NETWORKS.find(
    (network) => network.programs.split(' ').some((own) => isOf(name, own)) || runs(network),
  );
}

/** `calico-node` itself, or a pod of it: `calico-node-x7k2p`. */
function isOf(name: string, program: string): boolean {
  return (
    name === program || (name.startsWith(`${program}-`) && /^-[a-z0-9]{5}$/.test(name.slice(program.length)))
  );
}

/** The images of a pod's containers, without tag and digest. */
function imagesOf(spec: Field): string[] {
  const { value } = child(spec, 'containers');
  if (!Array.isArray(value)) return [];
  return value.flatMap((container: unknown) => {
    const image = isRecord(container) ? container['image'] : undefined;
    return typeof image === 'string' ? [image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')] : [];
  });
}

function isImage(names: string, image: string): boolean {
  return names !== '' && names.split(' ').some((name) => image === name || image.endsWith(`/${name}`));
}

/** `antrea-config-9c7h568bgf`, as kustomize names ConfigMaps, without its hash. */
function withoutHash(name: string): string {
  return name.replace(/-[2456789bcdfghkmt]{10}$/, '');
}

/** Whether another network calls its ConfigMap so. */
export function isOfOtherNetwork(name: string): boolean {
  return OTHER_NETWORKS.some(({ configMaps }) => isNamed(configMaps, withoutHash(name)));
}

/** How a network says that it does kube-proxy's work; undefined: it does not say so. */
function servicesOf(network: OtherNetwork, kind: string, body: Field): string | undefined {
  if (network.services === true) return 'it always does';
  if (network === CILIUM && kind === 'ConfigMap') {
    const { value } = at(body, 'data', 'kube-proxy-replacement');
    return value === 'true' || value === 'strict' ? `kube-proxy-replacement: ${value}` : undefined;
  }
  if (network === CALICO || network === CANAL) {
    if (kind === 'Installation') {
      const { value } = at(body, 'spec', 'calicoNetwork', 'linuxDataplane');
      return value === 'BPF' ? 'linuxDataplane: BPF' : undefined;
    }
    return envOf(body, 'FELIX_BPFENABLED') === 'true' ? 'FELIX_BPFENABLED' : undefined;
  }
  if (network === KUBE_ROUTER && kind !== 'ConfigMap') {
    return isOff(body, 'run-service-proxy') ? undefined : 'it runs with --run-service-proxy';
  }
  return undefined;
}

function envOf(spec: Field, name: string): unknown {
  for (const container of containersOf(spec))
    for (const one of quietItems(child(container, 'env')))
      if (child(one, 'name').value === name) return child(one, 'value').value;
  return undefined;
}

/** Whether kube-router connects pods: not where it only judges them, or only tells routers outside of addresses. */
function isPodNetwork(spec: Field): boolean {
  return !isOff(spec, 'run-router') && !(isOff(spec, 'enable-cni') && isOff(spec, 'enable-ibgp'));
}

function isOff(spec: Field, option: string): boolean {
  return containersOf(spec).some((container) =>
    [...quietItems(child(container, 'args')), ...quietItems(child(container, 'command'))].some(
      ({ value }) => value === `--${option}=false`,
    ),
  );
}

function containersOf(spec: Field): Field[] {
  return quietItems(child(spec, 'containers'));
}

/** The items of what is a list: that it is none has been told. */
function quietItems(field: Field): Field[] {
  return Array.isArray(field.value) ? items(field) : [];
}
