import type { Netns } from '../kernel/index.ts';
import { type EntriesResult, entry, misfit, parseEntries, type Reading } from './lines.ts';
import { formatLinkDetail, type LinkDetail, linkDetailOf, readLinkDetail } from './link-detail.ts';
import {
  formatLinkHeader,
  formatLinkLayer,
  type LinkHeader,
  type LinkLayer,
  linkHeaderOf,
  linkLayerOf,
  parseLinkHeader,
  parseLinkLayer,
} from './link-header.ts';
import { type InWorld, linksOf } from './link-state.ts';

/** One device of `ip link`. */
export interface IpLinkEntry {
  readonly header: LinkHeader;
  readonly layer: LinkLayer;
  /** Present with `-d`. */
  readonly detail?: LinkDetail;
}

export interface IpLinkOptions extends InWorld {
  readonly device?: string;
  /** As `ip -d link`. */
  readonly details?: boolean;
}

/** `ip link`, `ip -d link` or `ip link show dev DEVICE` in the namespace. */
export function printIpLink(netns: Netns, options: IpLinkOptions): string {
  return formatIpLink(ipLinkEntries(netns, options));
}

export function ipLinkEntries(netns: Netns, options: IpLinkOptions): IpLinkEntry[] {
  const { world, device, details } = options;
  return linksOf(netns, device).map((link) => ({
    header: { ...linkHeaderOf(link, netns, world), mode: 'DEFAULT' },
    layer: linkLayerOf(link, world),
    ...(details === true ? { detail: linkDetailOf(link, netns, world) } : {}),
  }));
}

export function formatIpLink(entries: readonly IpLinkEntry[]): string {
  return entries.map(formatDevice).join('');
}

function formatDevice({ header, layer, detail }: IpLinkEntry): string {
  const rest = detail === undefined ? '' : formatLinkDetail(detail);
  return `${formatLinkHeader(header)}\n${formatLinkLayer(layer)}${rest}\n`;
}

/** Reads what `ip link` or `ip -d link` printed. */
export function parseIpLink(text: string): EntriesResult<IpLinkEntry> {
  return parseEntries(text, readDevice, formatDevice);
}

function readDevice(lines: readonly string[], from: number): Reading<IpLinkEntry> {
  const header = parseLinkHeader(lines[from] ?? '');
  if (header === undefined) return misfit('expected "INDEX: NAME: <FLAGS> mtu ..."');
  const line = lines[from + 1] ?? '';
  const link = parseLinkLayer(line);
  if (link === undefined) return misfit('expected "    link/TYPE ADDRESS brd ADDRESS"', 1);
  const { layer } = link;
  if (link.length === line.length) return entry({ header, layer }, 2);
  const read = readLinkDetail(line.slice(link.length), lines.slice(from + 2, from + 4));
  if (!read.ok) return misfit('a word that `ip -d link` does not print here', 1 + read.at);
  return entry({ header, layer, detail: read.detail }, 2 + read.lines);
}
