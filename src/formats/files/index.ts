/**
 * # files: configuration files of a machine's resolver
 *
 * Models /etc/resolv.conf and /etc/hosts: `print...` writes them as the programs of a node do, `parse...` reads what may
 * be found on a machine.
 *
 * Guarantees: what is printed parses back to the same; no text is refused.
 *
 * Leaves out: `sortlist`, and comments inside lines, which are not kept.
 */
export * from './hosts-file.ts';
export * from './resolv-conf.ts';
