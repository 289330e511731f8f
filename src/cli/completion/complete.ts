import { statSync } from 'node:fs';
import type { Command, Option } from 'commander';
import { formatIp } from '../../addr/index.ts';
import { completeObjects } from '../../cluster/index.ts';
import { isHostile, visible } from '../../formats/text/index.ts';
import { type ClusterObjects, loadCluster, readSources } from '../../k8s/index.ts';
import { POLICY_MODES } from '../policy-modes.ts';
import { topologyNames, topologyPath } from '../topologies.ts';
import {
  type Candidate,
  destinations,
  hostNames,
  names,
  policyPorts,
  queryWords,
  sources,
  types,
} from './candidates.ts';
import { type Line, nameOf, optionsOf, readLine } from './line.ts';

/** Candidates, and what a shell should do besides. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** `files`: names of files may stand here too; `nospace`: the word goes on. */
  readonly directive: 'none' | 'files' | 'nospace';
}

/**
 * What may stand at the end of a line. The words are those behind `podwalk`, the last one being typed (empty: about
 * to be). Names come from the cluster that the line names with `-f` and `-t`; one that cannot be read has none.
 */
export function complete(program: Command, words: readonly string[]): Completion {
  const line = readLine(program, words);
  const found = candidatesOf(program, line);
  if (found === 'files') return { candidates: [], directive: 'files' };
  const seen = new Set<string>();
  const candidates = found
    .map(({ value, ...more }) => ({ value: `${line.before}${value}`, ...more }))
    .filter(({ value }) => {
      if (!value.startsWith(`${line.before}${line.current}`) || seen.has(value)) return false;
      seen.add(value);
      return true;
    });
  const goesOn = candidates.length > 0 && candidates.every(({ value }) => /[/:=]$/.test(value));
  return { candidates, directive: goesOn ? 'nospace' : 'none' };
}

/** What a shell acts on: bash puts a candidate on the line as it is. No name and no option of ours has any of it. */
const ACTS = /[\s'"`$\\;&|<>(){}*?!#~^]/;

/** Each candidate on a line, its description behind a tab, then the directive behind a colon. */
export function formatCompletion({ candidates, directive }: Completion): string {
  const lines = candidates
    .filter(({ value }) => !ACTS.test(value) && !isHostile(value))
    .map(({ value, description = '' }) => (description === '' ? value : `${value}\t${visible(description)}`));
  return [...lines, `:${directive}`].map((text) => `${text}\n`).join('');
}

function candidatesOf(program: Command, line: Line): readonly Candidate[] | 'files' {
  switch (line.place.kind) {
    case 'command':
      return program
        .createHelp()
        .visibleCommands(program)
        .map((command) => ({
          value: command.name(),
          description: command.summary() || command.description(),
        }));
    case 'option':
      return optionsOf(line.command, program)
        .filter((option) => isRepeatable(option) || !line.given.has(nameOf(option)))
        .map((option) => ({ value: option.long ?? option.short ?? '', description: option.description }));
    case 'value':
      return optionValues(line.place.option, line);
    case 'operand': {
      const { argument } = line.place;
      if (argument === undefined) return [];
      if (argument.argChoices !== undefined) return argument.argChoices.map((value) => ({ value }));
      return operands(argument.name(), line);
    }
  }
}

/** Options that collect their values begin with an empty list. */
function isRepeatable({ defaultValue }: Option): boolean {
  return Array.isArray(defaultValue);
}

function operands(argument: string, line: Line): readonly Candidate[] | 'files' {
  const namespace = namespaceOf(line);
  const [first = ''] = line.operands;
  switch (argument) {
    case 'TYPE':
      return types(() => objectsOf(line), namespace, line.current);
    case 'NAME':
      if (line.command.name() === 'resolve') return hostNames(objectsOf(line), namespace);
      return first.includes('/')
        ? types(() => objectsOf(line), namespace, line.current)
        : names(objectsOf(line), first, namespace);
    case 'SRC': {
      const objects = objectsOf(line);
      return objects === undefined ? [{ value: 'external' }] : sources(objects, namespace);
    }
    case 'QUERY':
      return queryWords(objectsOf(line), line.current);
    case 'DST': {
      const objects = objectsOf(line);
      return objects === undefined ? [] : destinations(objects, namespace, line.current);
    }
    default:
      return 'files';
  }
}

const SETTINGS = ['flannel.Backend.Type=', 'flannel.Network=', 'kube-proxy.mode=', 'kube-proxy.clusterCIDR='];

function optionValues(option: Option, line: Line): readonly Candidate[] | 'files' {
  if (option.argChoices !== undefined) return option.argChoices.map((value) => ({ value }));
  const objects = (): ClusterObjects | undefined => objectsOf(line);
  switch (nameOf(option)) {
    case 'filename':
    case 'kustomize':
    case 'batch':
    case 'svg':
      return 'files';
    case 'modes':
      return [{ value: 'iptables,ipvs' }];
    case 'topology':
      return topologyNames().map((value) => ({ value }));
    case 'namespace':
      return names(objects(), 'namespaces', '');
    case 'node':
    case 'via':
      return names(objects(), 'nodes', '');
    case 'pod':
      return (objects()?.pods ?? []).map(({ meta: { namespace, name } }) => ({
        value: namespace === namespaceOf(line) ? name : `${namespace}/${name}`,
      }));
    case 'from':
    case 'exec': {
      const found = objects();
      const all = found === undefined ? [] : sources(found, namespaceOf(line));
      return all.filter(({ value }) => /^(?:pod|node)\//.test(value));
    }
    case 'break':
      return names(objects(), 'nodes', '').map(({ value }) => ({ value: `${value}:` }));
    case 'mode':
      return Object.entries(POLICY_MODES).flatMap(([key, values]) =>
        values.map((value) => ({ value: `${key}=${value}` })),
      );
    case 'port':
      return line.command.name() === 'matrix' ? policyPorts(objects()) : [];
    case 'external':
      return (objects()?.topology.hosts ?? []).map(({ name, ip }) => ({
        value: formatIp(ip),
        description: name,
      }));
    case 'set':
      return SETTINGS.map((value) => ({ value }));
    default:
      return [];
  }
}

function namespaceOf({ values }: Line): string {
  return values.get('namespace')?.at(-1) ?? 'default';
}

/**
 * The objects that `-f` and `-t` of the line name; nothing is said. Standard input, pipes and devices are left to the
 * command, and so are kustomizations: completing a word starts no program.
 */
function objectsOf({ values, given }: Line): ClusterObjects | undefined {
  const topology = values.get('topology')?.at(-1);
  const files = (values.get('filename') ?? []).filter(isFileOrFolder);
  const known = topology !== undefined && topologyNames().includes(topology) ? [topologyPath(topology)] : [];
  const paths = [...known, ...files];
  if (paths.length === 0) return undefined;
  const skipInvalid = given.has('skip-invalid');
  const { sources: texts } = readSources(paths, undefined, {
    recursive: given.has('recursive'),
    skipInvalid,
  });
  return completeObjects(loadCluster(texts, { set: [], skipInvalid }).objects).objects;
}

function isFileOrFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true || found?.isDirectory() === true;
}
