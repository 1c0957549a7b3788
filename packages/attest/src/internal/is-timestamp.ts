const form = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:[Zz]|[+-]\d\d:\d\d)$/

/**
 * Whether a text is a time in RFC 3339, with an offset and any number of fractional digits. `Date.parse` guesses at other
 * texts, and takes a time without an offset for a local one.
 */
export function isTimestamp(text: string): boolean {
  return form.test(text) && !Number.isNaN(Date.parse(text))
}
