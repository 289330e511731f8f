import { escaped } from './visible.ts';

/**
 * What `JSON.stringify` leaves as it is and a terminal or an editor obeys. Such characters stand only inside strings, where
 * an escape means the same (RFC 8259, section 7); line ends of the text itself are not among them.
 */
const RAW =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/** A plain value as JSON that is safe to print, without a newline at the end. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(RAW, escaped);
}
