import { xmlText } from '../formats/text/index.ts';
import type { Growth, GrowthPoint } from '../trace/compare/index.ts';

const WIDTH = 920;
const HEIGHT = 420;
const PANEL = { width: 350, height: 250, top: 90 } as const;
const LEFT = [70, 500] as const;

/** Lines that are told apart without colour too: dashes and marks. */
const LOOKS = [
  { name: 'a', dash: '', mark: 'circle' },
  { name: 'b', dash: '7 4', mark: 'square' },
  { name: 'c', dash: '2 3', mark: 'diamond' },
] as const;
type Look = (typeof LOOKS)[number];

const STYLE = `
  svg { font: 13px system-ui, sans-serif; }
  .page { fill: #ffffff; } .ink { fill: #1f2328; } .soft { fill: #59636e; } .grid { stroke: #d1d9e0; } .axis { stroke: #59636e; }
  .a { stroke: #b35900; fill: #b35900; } .b { stroke: #0a58ca; fill: #0a58ca; } .c { stroke: #1a7f37; fill: #1a7f37; }
  .line.line { fill: none; stroke-width: 2.5; } .band.band { stroke: none; opacity: 0.15; } .label.label { stroke: none; font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; } .ink { fill: #e6edf3; } .soft { fill: #9198a1; } .grid { stroke: #30363d; } .axis { stroke: #9198a1; }
    .a { stroke: #ffa657; fill: #ffa657; } .b { stroke: #79c0ff; fill: #79c0ff; } .c { stroke: #7ee787; fill: #7ee787; }
  }`;

/**
 * What a packet costs as Services grow in number, as SVG: rules evaluated one after another (both axes logarithmic) and
 * hashes looked up (the number of Services logarithmic). The line is the Service in the middle, the band reaches from the
 * first to the last. The same bytes for the same numbers; colours follow the reader's light or dark scheme.
 */
export function growthChart({ source, steps }: Growth): string {
  const modes = Object.keys(steps[0]?.modes ?? {});
  const summary = modes.map((mode) => summaryOf(mode, steps)).join('; ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title desc">`,
    '<title id="title">Rules and lookups per packet as Services grow</title>',
    `<desc id="desc">${xmlText(summary)}</desc>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="ink" x="24" y="34" font-size="18" font-weight="600">Rules and lookups per packet as Services grow</text>`,
    `<text class="soft" x="24" y="56">the first packet of a connection from ${xmlText(source)}: line to the Service in the middle, band from the first to the last</text>`,
    panel({
      steps,
      modes,
      left: LEFT[0],
      title: 'rules evaluated, one after another',
      of: ({ rules }) => rules,
      log: true,
    }),
    panel({
      steps,
      modes,
      left: LEFT[1],
      title: 'hashes looked up instead',
      of: ({ lookups }) => lookups,
      log: false,
    }),
    '</svg>\n',
  ].join('\n');
}

type Triple = readonly [number, number, number];

interface Panel {
  readonly steps: Growth['steps'];
  readonly modes: readonly string[];
  readonly left: number;
  readonly title: string;
  readonly of: (point: GrowthPoint) => Triple;
  readonly log: boolean;
}

function summaryOf(mode: string, steps: Growth['steps']): string {
  const [first, last] = [steps[0], steps.at(-1)];
  const [a, b] = [first?.modes[mode], last?.modes[mode]];
  if (first === undefined || last === undefined || a === undefined || b === undefined) return mode;
  return `${mode}: ${a.rules[1]} rules and ${a.lookups[1]} lookups at ${first.services} Services, ${b.rules[1]} and ${b.lookups[1]} at ${last.services}`;
}

function panel({ steps, modes, left, title, of, log }: Panel): string {
  const values = steps.flatMap(({ modes: by }) =>
    modes.flatMap((mode) => (by[mode] === undefined ? [] : of(by[mode]))),
  );
  const most = Math.max(1, ...values);
  const top = log ? 10 ** Math.ceil(Math.log10(most)) : niceTop(most);
  const counts = steps.map(({ services }) => services);
  const x = logScale(Math.min(...counts), Math.max(...counts), left, left + PANEL.width);
  const bottom = PANEL.top + PANEL.height;
  const y = log ? logScale(10, Math.max(100, top), bottom, PANEL.top) : linearScale(top, bottom, PANEL.top);
  const yTicks = log ? powers(10, Math.max(100, top)) : [0, 1, 2, 3, 4].map((n) => (top / 4) * n);
  const parts = [
    `<text class="ink" x="${left}" y="${PANEL.top - 12}" font-weight="600">${title}</text>`,
    ...yTicks.map((tick) =>
      [
        `<line class="grid" x1="${left}" x2="${left + PANEL.width}" y1="${point(y(tick))}" y2="${point(y(tick))}"/>`,
        `<text class="soft" x="${left - 8}" y="${point(y(tick) + 4)}" text-anchor="end">${grouped(tick)}</text>`,
      ].join(''),
    ),
    ...counts
      .filter((count) => Number.isInteger(Math.log10(count)) || counts.length < 4)
      .map(
        (count) =>
          `<text class="soft" x="${point(x(count))}" y="${bottom + 20}" text-anchor="middle">${grouped(count)}</text>`,
      ),
    `<line class="axis" x1="${left}" x2="${left + PANEL.width}" y1="${bottom}" y2="${bottom}"/>`,
    `<text class="soft" x="${left + PANEL.width / 2}" y="${bottom + 42}" text-anchor="middle">Services</text>`,
  ];
  modes.forEach((mode, index) => {
    const look = LOOKS[index % LOOKS.length] ?? LOOKS[0];
    const points = steps.flatMap(({ services, modes: by }) =>
      by[mode] === undefined ? [] : [{ at: x(services), values: of(by[mode]) }],
    );
    parts.push(series(mode, look, points, y));
  });
  parts.push(legend(modes, left, bottom + 64));
  return parts.join('\n');
}

function series(
  mode: string,
  look: Look,
  points: readonly { readonly at: number; readonly values: Triple }[],
  y: (value: number) => number,
): string {
  const corner = (at: number, value: number): string => `${point(at)},${point(y(value))}`;
  const upper = points.map(({ at, values }) => corner(at, values[2]));
  const lower = points.map(({ at, values }) => corner(at, values[0])).reverse();
  const line = points.map(({ at, values }) => corner(at, values[1])).join(' ');
  const dash = look.dash === '' ? '' : ` stroke-dasharray="${look.dash}"`;
  return [
    `<g><title>${xmlText(mode)}</title>`,
    `<polygon class="${look.name} band" points="${[...upper, ...lower].join(' ')}"/>`,
    `<polyline class="${look.name} line"${dash} points="${line}"/>`,
    ...points.map(({ at, values }) => mark(look, at, y(values[1]))),
    '</g>',
  ].join('');
}

function mark({ name, mark: shape }: Look, x: number, y: number): string {
  switch (shape) {
    case 'circle':
      return `<circle class="${name}" cx="${point(x)}" cy="${point(y)}" r="4"/>`;
    case 'square':
      return `<rect class="${name}" x="${point(x - 4)}" y="${point(y - 4)}" width="8" height="8"/>`;
    case 'diamond':
      return `<path class="${name}" d="M${point(x)} ${point(y - 5)}l5 5l-5 5l-5 -5z"/>`;
  }
}

function legend(modes: readonly string[], left: number, y: number): string {
  return modes
    .map((mode, index) => {
      const look = LOOKS[index % LOOKS.length] ?? LOOKS[0];
      const x = left + index * 120;
      const dash = look.dash === '' ? '' : ` stroke-dasharray="${look.dash}"`;
      return [
        `<line class="${look.name} line"${dash} x1="${x}" x2="${x + 30}" y1="${y - 4}" y2="${y - 4}"/>`,
        mark(look, x + 15, y - 4),
        `<text class="${look.name} label" x="${x + 38}" y="${y}">${xmlText(mode)}</text>`,
      ].join('');
    })
    .join('\n');
}

function logScale(from: number, to: number, start: number, end: number): (value: number) => number {
  const span = Math.log10(to) - Math.log10(from) || 1;
  return (value) => start + ((Math.log10(Math.max(value, from)) - Math.log10(from)) / span) * (end - start);
}

function linearScale(top: number, start: number, end: number): (value: number) => number {
  return (value) => start + (value / top) * (end - start);
}

function powers(from: number, to: number): number[] {
  const out: number[] = [];
  for (let at = from; at <= to; at *= 10) out.push(at);
  return out;
}

/** The least multiple of 4 that is not below. */
function niceTop(most: number): number {
  return Math.ceil(most / 4) * 4;
}

/** One digit after the point: the same text on every machine. */
function point(value: number): string {
  return `${Math.round(value * 10) / 10}`;
}

function grouped(value: number): string {
  return `${value}`.replace(/\B(?=(\d{3})+$)/g, ',');
}
