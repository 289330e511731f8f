import type { Cluster } from '../../cluster/index.ts';
import {
  NODE_HOSTS,
  nameSettings,
  nodeResolvConf,
  podHosts,
  podResolvConf,
  serviceEnvironment,
} from '../../controllers/kubelet/index.ts';
import { printResolvConf } from '../../formats/files/index.ts';
import type { Node, Pod } from '../../k8s/index.ts';
import { findNode, findPod, formatTargetError, parseSource, type TargetResult } from '../../trace/index.ts';
import type { NameDump } from '../dumps.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Io } from '../io.ts';

/** Whose files and variables. */
type Owner = { readonly pod: Pod; readonly node: Node | undefined } | { readonly node: Node };

/** `podwalk dump resolv-conf|hosts|env`: what a pod or node has for looking up names. */
export function dumpNames(
  what: NameDump,
  cluster: Cluster,
  of: { readonly pod?: string; readonly node?: string; readonly namespace: string },
  io: Io,
): ExitCode {
  const owner = findOwner(cluster, of);
  if (!owner.ok) {
    io.stderr(`error: ${formatTargetError(owner.error)}\n`);
    return EXIT.usage;
  }
  const text = textOf(what, cluster, owner.value, io);
  if (text === undefined) {
    io.stderr('error: only containers are given variables: name a pod with --pod [NS/]NAME\n');
    return EXIT.usage;
  }
  io.stdout(text);
  return EXIT.yes;
}

function findOwner(
  { objects }: Cluster,
  { pod, node, namespace }: { readonly pod?: string; readonly node?: string; readonly namespace: string },
): TargetResult<Owner> {
  if (pod === undefined) {
    const found = findNode(node ?? '', objects);
    return found.ok ? { ok: true, value: { node: found.value } } : found;
  }
  const spec = parseSource(`pod/${pod}`, namespace);
  if (!spec.ok) return spec;
  const { value } = spec;
  const found = findPod(
    'namespace' in value ? value.namespace : namespace,
    'name' in value ? value.name : pod,
    objects,
  );
  if (!found.ok) return found;
  const own = objects.nodes.find(({ meta }) => meta.name === found.value.nodeName);
  return { ok: true, value: { pod: found.value, node: own } };
}

/** Undefined: a node has no such thing. */
function textOf(what: NameDump, { objects }: Cluster, owner: Owner, io: Io): string | undefined {
  const { node } = owner;
  const pod = 'pod' in owner ? owner.pod : undefined;
  switch (what) {
    case 'resolv-conf': {
      if (pod === undefined) return printResolvConf(nodeResolvConf(objects, node));
      const { conf, events } = podResolvConf(pod, nameSettings(objects, node));
      for (const { reason, message } of events) io.stderr(`warning: kubelet event ${reason}: ${message}\n`);
      return printResolvConf(conf);
    }
    case 'hosts':
      return pod === undefined ? NODE_HOSTS : podHosts(pod, nameSettings(objects, node).clusterDomain);
    case 'env':
      return pod === undefined
        ? undefined
        : [...serviceEnvironment(pod, objects)].map(([name, value]) => `${name}=${value}\n`).join('');
  }
}
