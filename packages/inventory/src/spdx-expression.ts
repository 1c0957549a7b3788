const expression =
  /^[A-Za-z0-9.+-]+(?: WITH [A-Za-z0-9.+-]+)?(?: (?:AND|OR) [A-Za-z0-9.+-]+(?: WITH [A-Za-z0-9.+-]+)?)*$/

/** A text that has the form of an SPDX licence expression, else `NOASSERTION`; nothing is guessed. */
export function spdxOrUnknown(value: unknown): string {
  if (typeof value !== 'string' || value.length > 200) return 'NOASSERTION'
  const text = value.startsWith('(') && value.endsWith(')') ? value.slice(1, -1) : value
  return expression.test(text) && text !== 'UNLICENSED' && text !== 'UNKNOWN' ? text : 'NOASSERTION'
}
