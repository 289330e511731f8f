import type { ConfigOrigin } from '../cni-config.ts';
import { isNodeLocalDns } from '../corefile/node-local-dns.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { parseDocuments } from '../documents.ts';
import type { Draft } from '../draft.ts';
import {
  at,
  child,
  type Field,
  isMapping,
  isPresent,
  isRecord,
  pathOf,
  required,
  rootField,
  tell,
  text,
} from '../field.ts';
import { dns1123Subdomain } from '../syntax.ts';
import { countUnread } from '../unmodelled/count-unread.ts';
import { isOfOtherNetwork } from '../unmodelled/recognise.ts';
import { canonicalNetConf } from './flannel-config.ts';
import { decodeMeta } from './meta.ts';

/** The name that flannel's manifests give its configuration. */
const FLANNEL_CONFIG_MAP = 'kube-flannel-cfg';
/** The name that Canal's manifests give theirs, which holds flannel's too. */
const CANAL_CONFIG_MAP = 'canal-config';
/** The name that kubeadm gives CoreDNS'. */
const COREDNS_CONFIG_MAP = 'coredns';

/** The name that k3s, AKS and DigitalOcean give the one that its Corefile imports. */
const COREDNS_CUSTOM = 'coredns-custom';

/** The name that kubeadm gives the kubelets' configuration since v1.24. */
const KUBELET_CONFIG_MAP = 'kubelet-config';

/**
 * ConfigMaps matter by what they hold: flannel's net-conf.json and cni-conf.json, kube-proxy's configuration under
 * config.conf (kubeadm's kube-system/kube-proxy), the kubelets' (kube-system/kubelet-config), kube-system/coredns and what
 * its Corefile imports. Others are counted.
 */
export function decodeConfigMap(field: Field, draft: Draft): void {
  const meta = decodeMeta(field, { namespaced: true, nameRule: dns1123Subdomain });
  const data = child(field, 'data');
  isMapping(data);
  if (meta.name === FLANNEL_CONFIG_MAP) {
    const netConf = child(data, 'net-conf.json');
    if (!isPresent(netConf)) required(netConf, 'flannel reads its configuration from this key');
    const object = { kind: 'ConfigMap', namespace: meta.namespace, name: meta.name };
    const embedded = embeddedDocument(netConf, 'net-conf.json', object);
    if (embedded !== undefined) {
      draft.flannel.push({ ...embedded, value: canonicalNetConf(embedded.value) });
    }
    const plugins = embeddedDocument(child(data, 'cni-conf.json'), 'cni-conf.json', object);
    if (plugins !== undefined) draft.cni.push(plugins);
    return;
  }
  if (meta.name === COREDNS_CONFIG_MAP && meta.namespace === 'kube-system') {
    const corefile = child(data, 'Corefile');
    if (!isPresent(corefile)) required(corefile, 'CoreDNS reads its configuration from this key');
    if (text(corefile) !== undefined) draft.coreDns.push(field);
    return;
  }
  if (meta.namespace === 'kube-system' && isNodeLocalDns(meta, meta.labels)) {
    draft.nodeLocalDns.push(field);
    return;
  }
  if (meta.namespace === 'kube-system' && meta.name === COREDNS_CUSTOM) {
    draft.coreDnsCustom.push(field);
    return;
  }
  if (meta.namespace === 'kube-system' && meta.name === KUBELET_CONFIG_MAP) {
    const embedded = embeddedDocument(child(data, 'kubelet'), 'kubelet');
    if (embedded !== undefined) draft.kubelet.push(embedded);
    return;
  }
  const config = child(data, 'config.conf');
  const configText = config.value;
  if (typeof configText === 'string' && /\bKubeProxyConfiguration\b/.test(configText)) {
    const embedded = embeddedDocument(config, 'config.conf');
    if (embedded !== undefined && at(embedded, 'kind').value === 'KubeProxyConfiguration') {
      draft.kubeProxy.push(embedded);
    }
    return;
  }
  const ofCanal = child(data, 'net-conf.json');
  if (meta.name === CANAL_CONFIG_MAP && isPresent(ofCanal)) {
    const object = { kind: 'ConfigMap', namespace: meta.namespace, name: meta.name };
    const embedded = embeddedDocument(ofCanal, 'net-conf.json', object);
    if (embedded !== undefined) draft.flannel.push({ ...embedded, value: canonicalNetConf(embedded.value) });
  }
  if (isOfOtherNetwork(meta.name)) draft.configurations.push({ kind: 'ConfigMap', meta, field });
  else countUnread(draft, 'ConfigMap', 'ConfigMap', '', field.report.source);
}

/** Parses the text of a field; its diagnostics point at the field and carry its name. */
function embeddedDocument(field: Field, name: string, object?: ConfigOrigin): Field | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  const found: Diagnostic[] = [];
  const documents = parseDocuments({ file: name, text: value }, found);
  for (const diagnostic of found) {
    const where =
      diagnostic.position === undefined ? ' ' : `${diagnostic.position.line}:${diagnostic.position.column}: `;
    const { severity, code, message, fix } = diagnostic;
    tell(field, severity, code, `${name}:${where}${message}`, fix, 'sentence');
  }
  if (found.some((diagnostic) => diagnostic.severity === 'error')) return undefined;
  const data = documents[0]?.value;
  if (!isRecord(data)) {
    tell(field, 'error', 'PW207', `${name}: must be a mapping`, undefined, 'sentence');
    return undefined;
  }
  return rootField(data, {
    ...field.report,
    embeddedIn: pathOf(field),
    prefix: name,
    ...(object === undefined ? {} : { object }),
  });
}
