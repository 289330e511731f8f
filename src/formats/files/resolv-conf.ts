/** /etc/resolv.conf (resolv.conf(5)) as far as the kubelet and libc read it. */
export interface ResolvConf {
  /** As written, in order. */
  readonly nameservers: readonly string[];
  /** Of the last `search` line. */
  readonly search: readonly string[];
  /** Of the last `options` line: `ndots:5`. */
  readonly options: readonly string[];
  /** Of a `domain` line behind the last `search`: libc searches it instead, the kubelet does not read it. */
  readonly domain?: string;
  /** Of `options` lines before the last, which libc counts and the kubelet does not. */
  readonly earlierOptions?: readonly string[];
}

/** Reads the file as it may be found on a machine: comments and what nobody knows are passed over. Never fails. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  let search: readonly string[] = [];
  let domain: string | undefined;
  let options: readonly string[] | undefined;
  const earlier: string[] = [];
  for (const line of text.split('\n')) {
    if (/^\s*[#;]/.test(line)) continue;
    const [keyword, ...words] = line.trim().split(/\s+/);
    const [first] = words;
    if (keyword === 'nameserver' && first !== undefined) nameservers.push(first);
    else if (keyword === 'search') {
      search = words;
      domain = undefined;
    } else if (keyword === 'domain' && first !== undefined) domain = first;
    else if (keyword === 'options') {
      earlier.push(...(options ?? []));
      options = words;
    }
  }
  return {
    nameservers,
    search,
    options: options ?? [],
    ...(domain === undefined ? {} : { domain }),
    ...(earlier.length === 0 ? {} : { earlierOptions: earlier }),
  };
}

/** The file as containerd writes it for a pod (parseDNSOptions of its CRI plugin): what is empty has no line. */
export function printResolvConf(conf: ResolvConf): string {
  const { nameservers, search, options, domain, earlierOptions } = conf;
  const lines = [
    search.length === 0 ? '' : `search ${search.join(' ')}\n`,
    domain === undefined ? '' : `domain ${domain}\n`,
    ...nameservers.map((server) => `nameserver ${server}\n`),
    earlierOptions === undefined ? '' : `options ${earlierOptions.join(' ')}\n`,
    options.length === 0 ? '' : `options ${options.join(' ')}\n`,
  ];
  return lines.join('');
}
