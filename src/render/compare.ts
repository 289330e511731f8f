import { visibleDeep } from '../formats/text/index.ts';
import type { Comparison, Growth, ModeOutcome, Span } from '../trace/compare/index.ts';
import type { Paint } from './colour.ts';
import { type Column, formatTable } from './columns.ts';
import { formatAddress, formatEnd, formatEndpoint } from './views.ts';

/** One question in several modes, side by side. */
export function renderComparison(given: Comparison, paint: Paint): string {
  const comparison = visibleDeep(given);
  const { flow, via, outcomes, differences } = comparison;
  const modes = Object.entries(outcomes);
  const rows = ROWS.flatMap(([head, cells]) => {
    const columns = modes.map(([, outcome]) => cells(outcome));
    const height = Math.max(...columns.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) => [
      line === 0 ? head : '',
      ...columns.map((column) => column[line] ?? ''),
    ]);
  });
  const heads = ['', ...modes.map(([mode]) => mode)];
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd((widths[i] ?? 0) + 3))
      .join('')
      .trimEnd();
  return [
    `${paint.strong('flow')}     ${flow.protocol} ${formatEnd(flow.source)} -> ${destinationText(flow)}${entryText(via)}\n`,
    '\n',
    `${paint.strong(line(heads))}\n`,
    ...rows.map((row) => `${line(row)}\n`),
    '\n',
    `${paint.strong('differ')}   ${differences.length === 0 ? 'nothing that a client or server would notice' : differences.map((one) => DIFFERENCES[one]).join(', ')}\n`,
  ].join('');
}

const DIFFERENCES: Readonly<Record<Comparison['differences'][number], string>> = {
  verdict: 'how it ends',
  endpoints: 'who answers',
  source: 'what source the server sees',
  answer: 'what address the answer comes from',
};

const NONE = ['-'];

const ROWS: readonly (readonly [head: string, cells: (outcome: ModeOutcome) => readonly string[]])[] = [
  ['verdict', endTexts],
  [
    'endpoint',
    ({ endpoints }) =>
      endpoints.length === 0 ? NONE : endpoints.map((e) => `${e.odds} ${formatEndpoint(e)}`),
  ],
  ['chosen', ({ choice }) => [choice ?? '-']],
  ['source seen', ({ observedSources }) => (observedSources.length === 0 ? NONE : observedSources)],
  ['answer from', ({ replySources }) => (replySources.length === 0 ? NONE : replySources)],
  ['hops', ({ hops }) => [spanText(hops)]],
  ['rules evaluated', ({ rules }) => [spanText(rules)]],
  ['lookups', ({ lookups }) => [spanText(lookups)]],
];

/** `delivered`, `timeout DROP_RULE`; with its odds where there are several. */
function endTexts({ ends }: ModeOutcome): string[] {
  return ends.map(({ verdict, reason, errno, odds }) => {
    const why = verdict === 'delivered' ? '' : ` ${reason}${errno === undefined ? '' : ` (${errno})`}`;
    return `${ends.length === 1 ? '' : `${odds} `}${verdict}${why}`;
  });
}

function spanText({ least, most }: Span): string {
  return least === most ? `${least}` : `${least}-${most}`;
}

/** Many questions, a line each: how each ends, who answers and what the server sees, by mode. */
export function renderComparisons(
  comparisons: readonly Comparison[],
  modes: readonly string[],
  asked: number,
): string {
  const alike = asked - comparisons.length;
  const columns: Column<Comparison>[] = [
    { head: 'SOURCE', value: ({ flow }) => formatEnd(flow.source) },
    {
      head: 'DESTINATION',
      value: ({ flow, via }) =>
        `${destinationText(flow)}${flow.protocol === 'tcp' ? '' : ` ${flow.protocol}`}${entryText(via)}`,
    },
    ...modes.map(
      (mode): Column<Comparison> => ({
        head: mode.toUpperCase(),
        value: ({ outcomes }) => {
          const outcome = outcomes[mode];
          return outcome === undefined ? '' : shortText(outcome);
        },
      }),
    ),
  ];
  const rest = `${alike} of ${asked} walks end alike in all modes\n`;
  return comparisons.length === 0 ? rest : `${formatTable(columns, comparisons)}${rest}`;
}

/** `svc default/web (10.96.0.10:80)`, `10.96.0.10:9`. */
function destinationText({ destination }: Comparison['flow']): string {
  const { ip = '', port } = destination;
  const name = formatEnd(destination);
  if (ip === '') return name;
  const address = formatAddress({ ip, ...(port === undefined ? {} : { port }) });
  return name === '' ? address : `${name} (${address})`;
}

function entryText(via: string | undefined): string {
  return via === undefined ? '' : ` by ${via}`;
}

/** `delivered to default/web-0 1/2, default/web-1 1/2 from 10.244.1.1`. */
function shortText(outcome: ModeOutcome): string {
  const { endpoints, observedSources } = outcome;
  const ends = endTexts(outcome).join(', ');
  if (endpoints.length === 0) return ends;
  const to = endpoints.map((e) => `${formatEndpoint(e).split(' ')[0] ?? ''} ${e.odds}`).join(', ');
  return `${ends} to ${to} from ${observedSources.join(', ')}`;
}

/** What a packet costs as Services grow in number: to the Service in the middle, and from the first to the last. */
export function renderGrowth({ source, steps }: Growth): string {
  const modes = Object.keys(steps[0]?.modes ?? {});
  const text = ([first, middle, last]: readonly [number, number, number]): string =>
    first === last ? `${middle}` : `${middle} (${first}-${last})`;
  const columns: Column<Growth['steps'][number]>[] = [
    { head: 'SERVICES', value: ({ services }) => `${services}` },
    ...modes.flatMap((mode): Column<Growth['steps'][number]>[] => [
      {
        head: `${mode.toUpperCase()}: RULES`,
        value: ({ modes: by }) => {
          const point = by[mode];
          return point === undefined ? '' : text(point.rules);
        },
      },
      {
        head: 'LOOKUPS',
        value: ({ modes: by }) => {
          const point = by[mode];
          return point === undefined ? '' : text(point.lookups);
        },
      },
    ]),
  ];
  return `The first packet from ${source} to the Service in the middle (first-last in kube-proxy's order):\n${formatTable(columns, steps)}`;
}
