import { type Measured, MODE_DIFFERENCES, type Mode } from './mode-differences.ts';

const WHAT: Readonly<Record<string, string>> = {
  'ipvs-ping': 'ping of a ClusterIP, ports that the Service does not have',
  'ipvs-localhost-nodeport': 'NodePort on 127.0.0.1',
  'ipvs-internal-local': 'internalTrafficPolicy Local without a local pod',
  'ipvs-external-local': 'externalTrafficPolicy Local without a local pod',
  'ipvs-no-endpoints': 'datagrams to a Service without endpoints',
  'ipvs-round-robin': 'nine connections, one after another',
};

/** What was measured as a Markdown table, with the command that walks each flow. */
export function differencesTable(measured: Measured): string {
  const rows = MODE_DIFFERENCES.flatMap(({ topology, flows }) =>
    flows.map(({ flow, count }, i) => {
      const cell = (mode: Mode): string => cellOf(measured[topology]?.[flow]?.[mode] ?? [], count);
      const again = `\`podwalk trace ${flow} -t ${topology}${count === undefined ? '' : ` --count ${count}`}\``;
      return `| ${[i === 0 ? WHAT[topology] : '', cell('iptables'), cell('ipvs'), again].join(' | ')} |`;
    }),
  );
  return ['| | iptables mode | IPVS mode | walk it |', '|---|---|---|---|', ...rows].join('\n');
}

const NAMES: Readonly<Record<string, string>> = {
  silence: 'timeout',
  ECONNREFUSED: 'refused',
  EPERM: 'denied',
};

function cellOf(answers: readonly string[], count: number | undefined): string {
  if (count !== undefined) return answers.map((one) => /web-\d/.exec(one)?.[0].slice(-1)).join(' ');
  return answers
    .map((one) => {
      const [, sees] = /^an answer of \S+, which sees (\S+)$/.exec(one) ?? [];
      return sees === undefined ? (NAMES[one] ?? one) : `delivered, sees ${sees}`;
    })
    .join(', ');
}
