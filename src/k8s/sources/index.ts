/**
 * # k8s/sources: from bytes to texts
 *
 * What `-f` and standard input may hold before anything of Kubernetes is looked at: files, pipes and devices of any
 * size, in UTF-8 or UTF-16, folders with links that lead nowhere, unrendered templates and kustomizations. Reading
 * is bounded (`MOST_BYTES`), follows no linked folder and starts no program. `../sources.ts` puts it together.
 */
export { decodeText } from './decode-text.ts';
export { isKustomizationName } from './kustomization.ts';
export { MOST_BYTES, readBytes } from './read-bytes.ts';
export { shellWord } from './shell-word.ts';
