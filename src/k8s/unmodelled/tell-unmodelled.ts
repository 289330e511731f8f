import type { Diagnostic } from '../diagnostics.ts';
import type { Draft, Unread } from '../draft.ts';
import type { SourceRef } from '../objects.ts';
import { type UnmodelledKinds, unmodelledRow } from './kinds.ts';
import { otherPodNetwork, type Recognised, recogniseNetworks } from './recognise.ts';

/**
 * What of the input bears on the network and is not walked: kinds (warnings PW223, Ingresses PW228), other networks
 * (PW224), another kube-proxy (PW225), programs beside them (PW226); and how much nothing reads at all (note PW229).
 *
 * @returns who gives pods their addresses, where that is not flannel
 */
export function tellUnmodelled(draft: Draft, diagnostics: Diagnostic[]): string | undefined {
  diagnostics.push(...kindsTold(draft));
  const flannel =
    draft.flannel.length > 0 || draft.workloads.some(({ object }) => /^kube-flannel/.test(object.meta.name));
  const networks = recogniseNetworks(draft);
  for (const found of networks) diagnostics.push(...networkTold(found, flannel));
  diagnostics.push(...restTold(draft));
  return otherPodNetwork(networks)?.of;
}

function kindsTold(draft: Draft): Diagnostic[] {
  const rows = new Map<UnmodelledKinds, Unread[]>();
  for (const unread of draft.unread.values()) {
    const row = unmodelledRow(unread.kind, unread.group);
    if (row === undefined) continue;
    const group = rows.get(row);
    if (group === undefined) rows.set(row, [unread]);
    else group.push(unread);
  }
  return [...rows].map(([row, unread]) => ({
    severity: 'warning',
    code: unread.every(({ kind }) => kind === 'Ingress') ? 'PW228' : 'PW223',
    message: `not modelled: ${counted(unread)} of ${row.of} (${groupsOf(unread)}): they ${row.means}`,
    ...at(unread[0]?.source, 'kind'),
  }));
}

function counted(unread: readonly Unread[]): string {
  return unread.map(({ kind, count }) => `${count} ${kind}`).join(', ');
}

function groupsOf(unread: readonly Unread[]): string {
  return [...new Set(unread.map(({ group }) => group))].join(', ');
}

function networkTold(
  { network, objects, source, routes, services }: Recognised,
  flannel: boolean,
): Diagnostic[] {
  const { of, differs, beside } = network;
  const more = objects.length > 3 ? ` and ${objects.length - 3} more` : '';
  const some = `${objects.slice(0, 3).join(', ')}${more}`;
  const place = at(source, 'metadata', 'name');
  const told: Diagnostic[] = [];
  if (beside === true)
    told.push({
      severity: 'warning',
      code: 'PW226',
      message: `not modelled: ${of} (${some}): ${differs}`,
      ...place,
    });
  else if (routes)
    told.push({
      severity: 'warning',
      code: 'PW224',
      message: `the walk is flannel's, this cluster's is not: ${of} is here (${some})${flannel ? ', beside flannel' : ''}: ${differs}`,
      fix: `take what is shown for what flannel would do; leave ${of} out of the input if flannel is meant`,
      ...place,
    });
  if (services !== undefined)
    told.push({
      severity: 'warning',
      code: 'PW225',
      message: `the walk is kube-proxy's, this cluster's is not: ${of} balances Services itself (${services})`,
      fix: 'take chains, servers and the choice of a backend for what kube-proxy would do',
      ...place,
    });
  return told;
}

function restTold(draft: Draft): Diagnostic[] {
  // CronJobs are told by themselves (PW113).
  const rest = [...draft.unread].filter(
    ([name, { kind, group }]) => unmodelledRow(kind, group) === undefined && name !== 'CronJob',
  );
  if (rest.length === 0) return [];
  const kinds = rest.map(([name, { count }]) => `${count} ${name}`).join(', ');
  return [{ severity: 'note', code: 'PW229', message: `nothing reads these: ${kinds}` }];
}

function at(source: SourceRef | undefined, ...path: string[]): Pick<Diagnostic, 'at'> {
  return source === undefined ? {} : { at: { source, path } };
}
