import type { Draft } from '../draft.ts';
import { at, type Field } from '../field.ts';

/** Installation of operator.tigera.io: Calico is here, and maybe in place of kube-proxy. */
export function decodeInstallation(field: Field, draft: Draft): void {
  const { value } = at(field, 'metadata', 'name');
  const { source } = field.report;
  const meta = {
    namespace: '',
    name: typeof value === 'string' ? value : '',
    ...(source === undefined ? {} : { source }),
  };
  draft.configurations.push({ kind: 'Installation', meta, field });
}
