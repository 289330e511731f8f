import type { Measured, MeasuredRow } from './policy-sources.ts';

/** What was measured, as the tables of the chapter on NetworkPolicies. */
export function sourcesTable(rows: readonly MeasuredRow[]): string {
  return [
    ...table('ingress', 'source that the block meets', rows),
    '',
    ...table('egress', 'destination that the block meets', rows),
    '',
  ].join('\n');
}

function table(direction: string, what: string, rows: readonly MeasuredRow[]): string[] {
  const own = rows.filter((row) => row.direction === direction);
  return [
    `| ${direction}: path | judged at | ${what}: vxlan | host-gw | IPVS: judged at | vxlan | host-gw |`,
    '|---|---|---|---|---|---|---|',
    ...own.map((row) => `| ${[row.path, ...cells(row, 'iptables'), ...cells(row, 'ipvs')].join(' | ')} |`),
  ];
}

function cells({ by }: MeasuredRow, mode: string): string[] {
  const [vxlan, hostGw] = [by[`${mode} vxlan`], by[`${mode} host-gw`]];
  return [vxlan?.at.join(', ') ?? '', word(vxlan?.sees), word(hostGw?.sees)];
}

function word(sees: Measured['sees'] = 'none'): string {
  if (sees === 'any') return 'not judged';
  if (sees === 'none') return 'nobody listens';
  return sees.map((address) => `\`${address}\``).join(' and ');
}
