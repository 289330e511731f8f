import type { ResolvConf } from '../../formats/files/index.ts';
import type { Libc, ResolverSettings } from './model.ts';

/** MAXNS of both. */
const MAX_NAMESERVERS = 3;
/** musl reads the list into an array of this size (__get_resolv_conf), and passes over a line that does not fit. */
const MUSL_SEARCH_SIZE = 256;

/** The limits of the numeric options: RES_MAXNDOTS, RES_MAXRETRANS and RES_MAXRETRY of glibc, and musl's own. */
const MOST: Readonly<Record<Libc, Readonly<Record<'ndots' | 'timeout' | 'attempts', number>>>> = {
  glibc: { ndots: 15, timeout: 30, attempts: 5 },
  musl: { ndots: 15, timeout: 60, attempts: 10 },
};

/** Reads resolv.conf as libc does (res_vinit_1 of glibc, __get_resolv_conf of musl). */
export function resolverSettings(conf: ResolvConf, libc: Libc): ResolverSettings {
  const { nameservers, options, earlierOptions = [], domain } = conf;
  const search = domain === undefined ? conf.search : [domain];
  const numbers = { ndots: 1, timeout: 5, attempts: 2 };
  const flags = new Set<string>();
  for (const option of [...earlierOptions, ...options]) {
    const [, name = '', digits = ''] = /^(ndots|timeout|attempts):(\d+)/.exec(option) ?? [];
    if (name === 'ndots' || name === 'timeout' || name === 'attempts')
      numbers[name] = Math.min(Number(digits), MOST[libc][name]);
    else if (option !== '') flags.add(option);
  }
  return {
    nameservers: nameservers.length === 0 ? ['127.0.0.1'] : nameservers.slice(0, MAX_NAMESERVERS),
    search: libc === 'musl' && search.join(' ').length >= MUSL_SEARCH_SIZE ? [] : search,
    ...numbers,
    // A lookup without an attempt or a timeout would ask nobody.
    timeout: Math.max(1, numbers.timeout),
    attempts: Math.max(1, numbers.attempts),
    flags,
  };
}
