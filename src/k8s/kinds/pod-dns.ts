import { ipField } from '../address-fields.ts';
import {
  child,
  type Field,
  flag,
  invalid,
  isMapping,
  isPresent,
  items,
  records,
  required,
  text,
} from '../field.ts';
import type { DnsConfig, DnsPolicy, HostAlias, PodNames } from '../objects.ts';
import { check, dns1123Subdomain } from '../syntax.ts';

/** Limits of libc's resolvers (MaxDNSNameservers, MaxDNSSearchPaths, MaxDNSSearchListChars). */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

/** What a pod's spec says of names: dnsConfig, hostAliases and enableServiceLinks, with the API server's checks. */
export function podNames(spec: Field, policy: DnsPolicy | undefined): PodNames {
  const dnsConfig = podDnsConfig(child(spec, 'dnsConfig'), policy);
  const hostAliases = records(child(spec, 'hostAliases')).map(hostAlias).filter(isAlias);
  const enableServiceLinks = flag(child(spec, 'enableServiceLinks'));
  return {
    ...(dnsConfig === undefined ? {} : { dnsConfig }),
    ...(hostAliases.length === 0 ? {} : { hostAliases }),
    ...(enableServiceLinks === undefined ? {} : { enableServiceLinks }),
  };
}

/** validatePodDNSConfig of v1.30. */
function podDnsConfig(field: Field, policy: DnsPolicy | undefined): DnsConfig | undefined {
  if (!isPresent(field)) {
    if (policy === 'None') required(field, 'must provide `dnsConfig` when `dnsPolicy` is None');
    return undefined;
  }
  if (!isMapping(field)) return undefined;
  const serversField = child(field, 'nameservers');
  const servers = items(serversField);
  if (policy === 'None' && servers.length === 0)
    required(serversField, 'must provide at least one DNS nameserver when `dnsPolicy` is None');
  if (servers.length > MAX_NAMESERVERS)
    invalid(serversField, `must not have more than ${MAX_NAMESERVERS} nameservers`);
  const nameservers = servers.map((item) => ipField(item)).filter((ip) => ip !== undefined);
  const searches = searchList(child(field, 'searches'));
  const options = records(child(field, 'options')).map((option) => {
    const name = text(child(option, 'name')) ?? '';
    if (name === '') required(option, 'must not be empty');
    const value = text(child(option, 'value'));
    return { name, ...(value === undefined ? {} : { value }) };
  });
  return { nameservers, searches, options };
}

function searchList(field: Field): readonly string[] {
  const searches = items(field).map((item) => {
    const search = text(item) ?? '';
    // It is fine to have a trailing dot; a lone dot, the root, is refused before v1.33.
    check(item, search.replace(/\.$/, ''), dns1123Subdomain);
    return search;
  });
  if (searches.length > MAX_SEARCHES) invalid(field, `must not have more than ${MAX_SEARCHES} search paths`);
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS)
    invalid(
      field,
      `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`,
    );
  return searches;
}

/** ValidateHostAliases. */
function hostAlias(field: Field): HostAlias | undefined {
  const ip = ipField(child(field, 'ip'), text(child(field, 'ip')) ?? '');
  const hostnames = items(child(field, 'hostnames')).flatMap((item) => {
    const name = text(item);
    return name !== undefined && check(item, name, dns1123Subdomain) ? [name] : [];
  });
  return ip === undefined ? undefined : { ip, hostnames };
}

function isAlias(alias: HostAlias | undefined): alias is HostAlias {
  return alias !== undefined;
}
