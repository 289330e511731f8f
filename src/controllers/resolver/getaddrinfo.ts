import { type Ip, parseIp } from '../../addr/index.ts';
import type { HostsLine, ResolvConf } from '../../formats/files/index.ts';
import { absolute, isDomainName, isHostName } from './domain-name.ts';
import { searchAsGlibc } from './glibc.ts';
import type { AnswerRecord, Ask, Libc, Lookup, Reply } from './model.ts';
import { searchAsMusl } from './musl.ts';
import { resolverSettings } from './settings.ts';

/** What a program's resolver has to go by. */
export interface ResolverFiles {
  readonly resolvConf: ResolvConf;
  readonly hosts: readonly HostsLine[];
}

/**
 * getaddrinfo(3) for both families, with `hosts: files dns` in nsswitch.conf: an address is itself, /etc/hosts is read
 * first, then the nameservers are asked, as the libc does.
 */
export function getaddrinfo<R extends Reply>(
  name: string,
  files: ResolverFiles,
  libc: Libc,
  ask: Ask<R>,
): Lookup<R> {
  const nothing = { queries: [], addresses: [], waited: 0 } as const;
  const literal = parseIp(name);
  if (literal !== undefined)
    return { ...nothing, from: 'literal', addresses: [literal], canonicalName: name };
  const local = inHosts(name, files.hosts, libc);
  if (local !== undefined) return { ...nothing, from: 'hosts', ...local };
  // musl does not know the root as a name, glibc wants a host's name.
  const usable = libc === 'glibc' ? isHostName(name) : name !== '.';
  if (!usable || !isDomainName(name)) return { ...nothing, from: 'nowhere', error: 'EAI_NONAME' };
  const settings = resolverSettings(files.resolvConf, libc);
  const searched = (libc === 'glibc' ? searchAsGlibc : searchAsMusl)(name, settings, ask);
  const { queries, waited, answers } = searched;
  const addresses = (answers ?? []).flatMap(addressesOf);
  if (answers === undefined || addresses.length === 0)
    return { ...nothing, queries, waited, from: 'nowhere', error: searched.error ?? 'EAI_NONAME' };
  const asked = queries.findLast(({ reply }) => answers.some((answer) => answer === reply))?.name;
  const canonicalName = endOfChain(
    asked ?? absolute(name),
    answers.flatMap(({ records }) => records),
  );
  return { queries, waited, from: 'dns', addresses, canonicalName: canonicalName.replace(/(?<=.)\.$/, '') };
}

/** glibc compares names without case, musl as they are written. Neither knows a name with a final dot. */
function inHosts(
  name: string,
  hosts: readonly HostsLine[],
  libc: Libc,
): { readonly addresses: readonly Ip[]; readonly canonicalName: string } | undefined {
  const same = (other: string): boolean =>
    libc === 'glibc' ? other.toLowerCase() === name.toLowerCase() : other === name;
  const found = hosts.flatMap(({ entry }) => (entry?.names.some(same) === true ? [entry] : []));
  const [first] = found;
  return first === undefined
    ? undefined
    : { addresses: [...new Set(found.map(({ ip }) => ip))], canonicalName: first.names[0] };
}

function addressesOf({ records }: { readonly records: readonly AnswerRecord[] }): Ip[] {
  return records.flatMap(({ type, data }) => {
    const ip = type === 'A' || type === 'AAAA' ? parseIp(data) : undefined;
    return ip === undefined ? [] : [ip];
  });
}

/** The name at the end of the CNAMEs. */
function endOfChain(name: string, records: readonly AnswerRecord[]): string {
  const aliases = new Map(
    records.filter(({ type }) => type === 'CNAME').map((record) => [record.name.toLowerCase(), record.data]),
  );
  let end = name;
  for (let n = 0; n < aliases.size; n++) end = aliases.get(absolute(end).toLowerCase()) ?? end;
  return end;
}
