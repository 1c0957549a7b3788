/** What {@link findByPointer} found. */
export type Found = { readonly found: true; readonly value: unknown } | { readonly found: false }

/** The value that a JSON pointer (RFC 6901) names. */
export function findByPointer(document: unknown, pointer: string): Found {
  let value = document
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(value)) {
      if (!/^(?:0|[1-9][0-9]{0,8})$/.test(key) || Number(key) >= value.length) return { found: false }
      value = value[Number(key)]
    } else if (typeof value === 'object' && value !== null && Object.hasOwn(value, key)) {
      value = (value as Readonly<Record<string, unknown>>)[key]
    } else {
      return { found: false }
    }
  }
  return { found: true, value }
}

/** Whether a text is a JSON pointer. */
export function isJsonPointer(text: string): boolean {
  return /^(?:\/(?:[^~/]|~[01])*)*$/.test(text)
}
