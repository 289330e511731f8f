import { visibleDeep } from '../formats/text/index.ts';
import type { SeriesConnection, SeriesCount, TraceSeries } from '../trace/index.ts';
import { type Column, formatTable } from './columns.ts';
import type { TextOptions } from './text.ts';
import { formatAddress, formatEnd, formatEndpoint, formatOutcome } from './views.ts';

/** More connections than this are only counted, unless everything is asked for. */
const LISTED = 20;

const COUNTS: readonly Column<SeriesCount>[] = [
  { head: 'COUNT', value: ({ count }) => `${count}` },
  { head: 'VERDICT', value: formatOutcome },
  { head: 'ENDPOINT', value: ({ endpoint }) => (endpoint === null ? '' : formatEndpoint(endpoint)) },
];

const CONNECTIONS: readonly Column<SeriesConnection>[] = [
  { head: '#', value: ({ number }) => `${number}` },
  { head: 'SOURCE', value: ({ source }) => formatAddress(source) },
  { head: 'VERDICT', value: formatOutcome },
  { head: 'ENDPOINT', value: ({ endpoint }) => (endpoint === null ? '' : formatEndpoint(endpoint)) },
  { head: 'ODDS', value: ({ odds }) => odds },
];

/** Several connections for reading: the flow, each connection, how many ended alike, the verdict. */
export function renderSeries(given: TraceSeries, { paint, verbose }: TextOptions): string {
  const series = visibleDeep(given);
  const { flow, connections, counts, verdict } = series;
  const to = flow.destination.ip === undefined ? '' : ` (${formatAddress(addressOf(flow.destination))})`;
  const ends = `${formatEnd(flow.source)} -> ${formatEnd(flow.destination)}${to}`;
  const blocks = [
    `${paint.strong('flow')}     ${flow.protocol} ${ends}, ${connections.length} connections, one after another\n`,
  ];
  if (verbose || connections.length <= LISTED) blocks.push(formatTable(CONNECTIONS, connections));
  blocks.push(formatTable(COUNTS, counts));
  const colour = verdict === 'delivered' ? paint.good : paint.bad;
  blocks.push(`${paint.strong('verdict')}  ${colour(verdict.toUpperCase())}\n`);
  return blocks.join('\n');
}

function addressOf({ ip = '', port }: TraceSeries['flow']['destination']): { ip: string; port?: number } {
  return { ip, ...(port === undefined ? {} : { port }) };
}
