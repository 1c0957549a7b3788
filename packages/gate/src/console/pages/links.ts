/** Addresses within the console. */
export interface Links {
  readonly list: string
  readonly promotions: string
  readonly signIn: string
  readonly signOut: string
  entry(id: string): string
  approve(id: string): string
  reject(id: string): string
  /** By the hexadecimal digits of its key. */
  promotion(key: string): string
}

/** Addresses below the path that the console is mounted under. */
export function createLinks(prefix: string): Links {
  return {
    list: `${prefix}/`,
    promotions: `${prefix}/promotions`,
    signIn: `${prefix}/sign-in`,
    signOut: `${prefix}/sign-out`,
    entry: (id) => `${prefix}/entries/${id}`,
    approve: (id) => `${prefix}/entries/${id}/approve`,
    reject: (id) => `${prefix}/entries/${id}/reject`,
    promotion: (key) => `${prefix}/promotions/${key}`,
  }
}

/** An address with a query; what is empty is left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const fields = Object.entries(query).filter((field): field is [string, string] => (field[1] ?? '') !== '')
  return fields.length === 0 ? path : `${path}?${new URLSearchParams(fields)}`
}
