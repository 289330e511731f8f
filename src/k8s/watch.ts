/**
 * Told how far a long work is: `done` of `total` pieces of `what` ("objects", "nodes"). Whoever waits is shown it; nothing that
 * is computed depends on it.
 */
export type Watch = (what: string, done: number, total: number) => void;
