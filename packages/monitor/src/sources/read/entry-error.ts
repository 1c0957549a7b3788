/** Why an entry of a delivery can't be read; the others of the delivery are. */
export class EntryError extends Error {}
