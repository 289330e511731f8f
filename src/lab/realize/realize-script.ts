import { printIpsetSave, printIptablesSave } from '../../formats/index.ts';
import { type Link, type Netns, rulesetOf, type World } from '../../kernel/index.ts';
import { announcementLines } from './announcements.ts';
import { creationLines, downLines, mtuLines, portLines, upLines } from './device-lines.ts';
import { ipvsLines } from './ipvs-lines.ts';
import { socketSpecs } from './listener-lines.ts';
import { LISTENER_PROGRAM } from './listener-program.ts';
import { FRAME, HEAD } from './script-frame.ts';
import { comment, type Line, printed, quote } from './shell.ts';
import { addressLines, fdbLines, neighbourLines, policyRuleLines, routeLines } from './state-lines.ts';
import { commonSysctls, sysctlLines, sysctlPath } from './sysctl-lines.ts';
import { neededParts, neededTools } from './tools.ts';

export interface RealizeOptions {
  /** Put before the name of every namespace; default `pw-`. */
  readonly prefix?: string;
  /** Whom `exec` finds besides the namespaces: pods that have no namespace of their own. */
  readonly hostPods?: readonly HostPod[];
  /** Whether the script starts the listeners; default true. */
  readonly listeners?: boolean;
  readonly settings?: ExtraSettings;
}

/** A pod in the network namespace of its node. */
export interface HostPod {
  /** `kube-system/kube-proxy-x7k2p`. */
  readonly label: string;
  /** The id of the namespace, `node/node1`. */
  readonly netns: string;
}

/** Settings that the state does not have, as paths of sysctl. */
export interface ExtraSettings {
  /** Of every namespace, before it has devices. */
  readonly namespace: readonly (readonly [key: string, value: string])[];
  /** Of every device; `%` in a path is its name. */
  readonly device: readonly (readonly [key: string, value: string])[];
}

export const DEFAULT_PREFIX = 'pw-';

/**
 * A shell script that builds the world in network namespaces of the kernel that it runs on, and takes it away again.
 * It is written from the state alone, and touches only namespaces with the prefix.
 */
export function realizeScript(world: World, options: RealizeOptions = {}): string {
  const all = [...world.netns.values()];
  // The programs that write a node's rules may also make sets; they run before anything is written down.
  const rules = new Map(all.map((netns) => [netns, { 4: rulesText(netns, 4), 6: rulesText(netns, 6) }]));
  const listening = options.listeners ?? true;
  const parts = [
    HEAD(summary(all), quote(options.prefix ?? DEFAULT_PREFIX)),
    members(all, options.hostPods ?? []),
    tools(world, listening),
    kernelParts(world),
    FRAME,
    ...stage(
      'common_settings',
      'namespaces and their settings',
      commonSettings(all, options.settings?.namespace ?? []),
      ["# A new namespace takes some settings from the machine; these are the kernel's defaults."],
    ),
    ...stage('build_namespaces', undefined, all.flatMap(namespaceLines)),
    ...stage('build_devices', 'devices', deviceStage(world, all)),
    ...stage(
      'build_state',
      'ports, addresses, routes, neighbours',
      all.flatMap((n) => stateStage(n, world, options.settings?.device ?? [])),
    ),
    ...stage(
      'build_rules',
      'ipset, iptables, ipvsadm',
      all.flatMap((n) => ruleStage(n, rules.get(n))),
    ),
    ...stage(
      'build_rest',
      'devices that are down',
      all.flatMap((netns) => document(netns, 'net', downLines(netns))),
    ),
    ...(listening
      ? stage(
          'listener_program',
          'listeners',
          [`printf '%s\\n' ${quote(LISTENER_PROGRAM.join('\n'))}`],
          ['# Answers WHO|PEER-ADDRESS|PEER-PORT.'],
        )
      : []),
    ...stage('start_listeners', undefined, listening ? listenerLines(all) : []),
    MAIN,
  ];
  return `${parts.join('\n')}\n`;
}

function summary(all: readonly Netns[]): string {
  const count = (kind: Netns['kind']): number => all.filter((netns) => netns.kind === kind).length;
  const words = (['node', 'pod', 'switch', 'router', 'host'] as const)
    .filter((kind) => count(kind) > 0)
    .map((kind) => `${count(kind)} ${kind}${count(kind) === 1 ? '' : kind === 'switch' ? 'es' : 's'}`);
  return words.join(', ');
}

/** The table that `status` and `exec` look names up in. */
function members(all: readonly Netns[], hostPods: readonly HostPod[]): string {
  const lines = [
    ...all.map(({ kind, label, name }) => `${kind} ${label} ${name}`),
    ...hostPods.flatMap(({ label, netns }) =>
      all.filter(({ id }) => id === netns).map(({ name }) => `pod ${label} ${name}`),
    ),
  ];
  return [
    '# What it is, what it is called, and its namespace (without the prefix).',
    'members() {',
    ...indent(printed(lines)),
    '}',
    '',
  ].join('\n');
}

function tools(world: World, listening: boolean): string {
  const lines = neededTools(world, listening).map(({ command, debian }) => `${command} ${debian}`);
  return [
    '# Tools, and the Debian packages that have them.',
    'tools() {',
    ...indent(printed(lines)),
    '}',
    '',
  ].join('\n');
}

function kernelParts(world: World): string {
  const lines = neededParts(world).map(({ module, file, what }) => `${module} ${file} ${what}`);
  return [
    '# Modules of the kernel, a file that each one brings, and what it is.',
    'kernel_parts() {',
    ...indent(printed(lines)),
    '}',
    '',
  ].join('\n');
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

/** A function of the script; a heading, where it begins a part. */
function stage(
  name: string,
  heading: string | undefined,
  lines: readonly string[],
  comment: readonly string[] = [],
): string[] {
  const body = lines.length === 0 ? [':'] : lines[0] === '' ? lines.slice(1) : lines;
  const head = heading === undefined ? [] : [`# ${'-'.repeat(70)} ${heading}`];
  return [...head, ...comment, `${name}() {`, ...indent(body), '}', ''];
}

function commonSettings(
  all: readonly Netns[],
  more: readonly (readonly [key: string, value: string])[],
): string[] {
  const lines = [...commonSysctls(all), ...more].map(([key, value]) => `${sysctlPath(key)} = ${value}`);
  return printed(lines);
}

function namespaceLines(netns: Netns): string[] {
  const { before } = sysctlLines(netns);
  return [
    '',
    comment(`${netns.kind} ${netns.label}`),
    `add ${quote(netns.name)}`,
    ...document(netns, 'settings', before),
  ];
}

function deviceStage(world: World, all: readonly Netns[]): string[] {
  const made = new Set<Link>();
  return all.flatMap((netns) => document(netns, 'net', creationLines(netns, world, made)));
}

/** Lines for a command of the frame, in a namespace. */
function document(netns: Netns, command: string, lines: readonly Line[]): string[] {
  return lines.length === 0 ? [] : printed(lines, `${command} ${quote(netns.name)}`);
}

function stateStage(netns: Netns, world: World, more: ExtraSettings['device']): string[] {
  const devices = [...netns.links.values()].filter((link) => link.kind !== 'loopback');
  const after = [
    ...sysctlLines(netns).after,
    ...devices.flatMap(({ name }) => more.map(([key, value]) => `${key.replace('%', name)} = ${value}`)),
  ];
  const net = [
    ...portLines(netns),
    ...mtuLines(netns),
    ...addressLines(netns),
    ...upLines(netns),
    ...routeLines(netns),
    ...policyRuleLines(netns),
    ...neighbourLines(netns),
  ];
  const announced = announcementLines(netns, world);
  const lines = [
    ...document(netns, 'settings', after),
    ...document(netns, 'net', net),
    ...(announced.length === 0 ? [] : ['# Announced by a node: its link address answers for it.']),
    ...document(netns, 'net', announced),
    ...document(netns, 'fdb', fdbLines(netns)),
  ];
  return lines.length === 0 ? [] : ['', comment(`${netns.kind} ${netns.label}`), ...lines];
}

function rulesText(netns: Netns, family: 4 | 6): string[] {
  return linesOf(printIptablesSave(rulesetOf(netns, family)));
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.trimEnd().split('\n');
}

function ruleStage(
  netns: Netns,
  rules: { readonly 4: string[]; readonly 6: string[] } | undefined,
): string[] {
  const lines = [
    ...document(netns, 'ipsets', linesOf(printIpsetSave(netns.sets.values(), { initval: false }))),
    ...document(netns, 'iptables', rules?.[4] ?? []),
    ...document(netns, 'ip6tables', rules?.[6] ?? []),
    ...document(netns, 'ipvs', ipvsLines(netns)),
  ];
  return lines.length === 0 ? [] : ['', comment(`${netns.kind} ${netns.label}`), ...lines];
}

function listenerLines(all: readonly Netns[]): string[] {
  return all.flatMap((netns) => {
    const specs = socketSpecs(netns);
    return specs.length === 0 ? [] : [`listener ${[netns.name, ...specs].map(quote).join(' ')}`];
  });
}

const MAIN = `main "$@"`;
