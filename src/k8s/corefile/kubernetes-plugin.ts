import type { KubernetesPlugin } from '../objects.ts';
import { parseLabelSelector } from '../parse-label-selector.ts';
import type { Complaints } from './complaints.ts';
import type { Directive } from './corefile-syntax.ts';
import { zonesOf } from './dns-zones.ts';

/** The plugin's own defaults (plugin/kubernetes/setup.go), for a zone. */
export function kubernetesPlugin(zones: readonly string[]): KubernetesPlugin {
  return {
    zones,
    ttl: 5,
    pods: 'disabled',
    endpointPodNames: false,
    namespaces: [],
    noEndpoints: false,
    ignoreEmptyService: false,
    fallthrough: [],
    ptrHostnameOnly: false,
    zonal: false,
  };
}

const POD_MODES: readonly KubernetesPlugin['pods'][] = ['disabled', 'verified', 'insecure'];
/** In range for `ttl` (ParseStanza). */
const MAX_TTL = 3600;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** How a property changes the plugin; its words are those behind its name. */
type Property = (plugin: Mutable<KubernetesPlugin>, words: readonly string[], say: Say) => void;

interface Say {
  /** `Wrong argument count or unexpected line ending after 'pods'`. */
  readonly count: () => void;
  readonly refuse: (message: string, fix?: string) => void;
  readonly unmodelled: (message: string, fix?: string) => void;
}

const flag =
  (key: 'endpointPodNames' | 'noEndpoints' | 'ptrHostnameOnly' | 'zonal'): Property =>
  (plugin, words, say) => {
    if (words.length > 0) say.count();
    plugin[key] = true;
  };

const selector =
  (key: 'labels' | 'namespaceLabels'): Property =>
  (plugin, words, say) => {
    if (words.length === 0) return say.count();
    const text = words.join(' ');
    const parsed = parseLabelSelector(text);
    if (parsed.ok) plugin[key] = parsed.selector;
    else say.refuse(`unable to parse label selector value: '${text}'`);
  };

/** Where the API server is: the objects are read from the input. */
const elsewhere: Property = (_, words, say) => {
  if (words.length === 0) say.count();
};

const PROPERTIES: Readonly<Record<string, Property>> = {
  endpoint_pod_names: flag('endpointPodNames'),
  noendpoints: flag('noEndpoints'),
  ptr_hostname_only: flag('ptrHostnameOnly'),
  zonal: flag('zonal'),
  labels: selector('labels'),
  namespace_labels: selector('namespaceLabels'),
  endpoint: elsewhere,
  tls: elsewhere,
  kubeconfig: elsewhere,
  startup_timeout: elsewhere,
  apiserver_qps: elsewhere,
  apiserver_burst: elsewhere,
  apiserver_max_inflight: elsewhere,
  pods: (plugin, words, say) => {
    const [mode] = words;
    if (words.length !== 1) return say.count();
    const known = POD_MODES.find((one) => one === mode);
    if (known !== undefined) plugin.pods = known;
    else say.refuse(`wrong value for pods: ${mode},  must be one of: disabled, verified, insecure`);
  },
  namespaces: (plugin, words, say) => {
    if (words.length === 0) return say.count();
    plugin.namespaces = [...plugin.namespaces, ...words];
  },
  fallthrough: (plugin, words, say) => {
    if (words.length === 0) plugin.fallthrough = ['.'];
    else plugin.fallthrough = words.flatMap((word) => zonesOf(word) ?? refused(word, say));
  },
  ttl: (plugin, words, say) => {
    const [text] = words;
    if (text === undefined) return say.count();
    const ttl = /^[+-]?\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(ttl)) say.refuse(`strconv.Atoi: parsing "${text}": invalid syntax`);
    else if (ttl < 0 || ttl > MAX_TTL) say.refuse(`ttl must be in range [0, ${MAX_TTL}]: ${ttl}`);
    else plugin.ttl = ttl;
  },
  ignore: (plugin, words, say) => {
    const [what] = words;
    if (what === 'empty_service') plugin.ignoreEmptyService = true;
    else if (what !== undefined) say.refuse(`unable to parse ignore value: '${what}'`);
  },
  multicluster: (_, words, say) => {
    if (words.length > 0) say.unmodelled('multicluster zones are not modelled');
  },
  // Removed since; Corefiles of old clusters still have them.
  upstream: () => undefined,
  resyncperiod: () => undefined,
  transfer: (_, __, say) => say.unmodelled('zone transfers are not modelled'),
};

function refused(word: string, say: Say): string[] {
  say.refuse(`not a valid zone: ${word}`);
  return [];
}

/** Reads `kubernetes [ZONES...] { ... }` (plugin/kubernetes/setup.go ParseStanza) of a server block. */
export function readKubernetesPlugin(
  { words, block }: Directive,
  blockZones: readonly string[],
  { refuse, unmodelled, unknown }: Complaints,
): KubernetesPlugin {
  const [name, ...zoneWords] = words;
  if (name === undefined) return kubernetesPlugin(blockZones);
  const given = zoneWords.flatMap(({ text, at }) => {
    const zones = zonesOf(text);
    if (zones === undefined) refuse(at, `not a valid zone: ${text}`);
    return zones ?? [];
  });
  const zones = zoneWords.length > 0 ? given : blockZones;
  if (zones.every((zone) => /\.(in-addr|ip6)\.arpa\.$|^(in-addr|ip6)\.arpa\.$/.test(zone)))
    refuse(name.at, 'non-reverse zone name must be used', 'as in kubernetes cluster.local');
  const plugin: Mutable<KubernetesPlugin> = kubernetesPlugin(zones);
  for (const { words: line, block: inner } of block) {
    const [property, ...rest] = line;
    if (property === undefined) continue;
    const { at } = property;
    const known = Object.hasOwn(PROPERTIES, property.text) ? PROPERTIES[property.text] : undefined;
    if (known === undefined || inner.length > 0) {
      unknown(at, `unknown property '${property.text}'`, property.text, Object.keys(PROPERTIES));
      continue;
    }
    known(
      plugin,
      rest.map(({ text }) => text),
      {
        count: () =>
          refuse(at, `Wrong argument count or unexpected line ending after '${line.at(-1)?.text}'`),
        refuse: (message, fix) => refuse(at, message, fix),
        unmodelled: (message, fix) => unmodelled(at, message, fix),
      },
    );
  }
  if (plugin.namespaces.length > 0 && plugin.namespaceLabels !== undefined)
    refuse(name.at, 'namespaces and namespace_labels cannot both be set');
  return plugin;
}
