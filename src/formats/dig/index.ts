/**
 * # dig: the answer to a DNS query as text
 *
 * Models what dig of BIND 9.18 prints: header, pseudo-section, the four sections in columns, statistics; `+short`, and
 * the parts that `+[no]...` shows and hides.
 *
 * Guarantees: `printDig` prints what dig prints for the same message, tabs included; `parseDig` reads what `printDig`
 * and dig itself print, and gives the message's sections back.
 *
 * Leaves out: `+multiline`, `+yaml`, comments behind records; times, which are not known, are printed as zero.
 */

export {
  DIG_TYPES,
  type DigQueryFlags,
  type DigRequest,
  type DigRequestResult,
  parseDigRequest,
} from './dig-request.ts';
export { parseDig } from './parse-dig.ts';
export { DIG_OPTIONS } from './plus-options.ts';
export { DIG_SHOWS, type DigReply, type DigShow, digGreeting, printDig } from './print-dig.ts';
