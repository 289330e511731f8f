import type { Draft } from './draft.ts';
import { at, type Field, isRecord, tell } from './field.ts';
import { decodeCniConfig } from './kinds/cni-configuration.ts';
import type { CniConfig, FlannelConfig } from './objects.ts';

/** The name under which flannel's installer puts cni-conf.json. */
const INSTALLED_AS = '10-flannel.conflist';

/**
 * The configuration that the container runtime takes: the first by name in /etc/cni/net.d. A file that is given is there;
 * a ConfigMap's text is what the installer makes it of.
 */
export function settleCni(draft: Draft, flannel: FlannelConfig): { readonly cni?: CniConfig } {
  const named = draft.cni.map((field, index) => ({
    field,
    index,
    name: nameOf(field),
    isFile: isFile(field),
  }));
  named.sort((a, b) =>
    a.name !== b.name ? (a.name < b.name ? -1 : 1) : Number(b.isFile) - Number(a.isFile) || b.index - a.index,
  );
  const [first, ...others] = named;
  if (first === undefined) return {};
  for (const { field, name } of others) {
    tell(
      field,
      'note',
      'PW245',
      `the CNI configuration ${name} is not used: the runtime takes the first by name, ${first.name}${first.isFile ? ', as the file says' : ''}`,
      undefined,
      'sentence',
    );
  }
  const { object } = first.field.report;
  const origin = object ?? { kind: 'File', name: first.name };
  return { cni: decodeCniConfig(first.field, origin, flannel.ipMasq !== false) };
}

function isFile({ report }: Field): boolean {
  return report.object?.kind !== 'ConfigMap';
}

function nameOf(field: Field): string {
  return isFile(field) ? (field.report.object?.name ?? '') : INSTALLED_AS;
}

/** Whether flanneld runs with --ip-masq, as kube-flannel.yml has it; where its DaemonSet is not given, it does. */
export function flanneldMasquerades(draft: Draft): boolean {
  for (const { object, field } of draft.workloads) {
    if (object.kind !== 'DaemonSet') continue;
    const { value } = at(field, 'spec', 'template', 'spec', 'containers');
    if (!Array.isArray(value)) continue;
    for (const container of value as readonly unknown[]) {
      if (!isRecord(container)) continue;
      const words = [...wordsOf(container['command']), ...wordsOf(container['args'])];
      if (!words.some((word) => /(^|\/)flanneld$/.test(word)) || !words.includes('--kube-subnet-mgr'))
        continue;
      return words.some((word) => word === '--ip-masq' || word === '--ip-masq=true');
    }
  }
  return true;
}

function wordsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : [];
}
