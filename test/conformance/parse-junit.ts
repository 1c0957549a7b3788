/** One test of the suite's own report. */
export interface SuiteTest {
  readonly name: string
  /** `passed`, `skipped`, `failure` or `error`. */
  readonly status: string
  /** What the suite says of a test that did not pass. */
  readonly message: string
}

/** Reads the tests of a JUnit report as Go's XML encoder writes it: quoted attributes, escaped text, no CDATA. */
export function parseJunit(xml: string): SuiteTest[] {
  return [...xml.matchAll(/<testcase\b([^>]*)>([\s\S]*?)<\/testcase>/g)].map(
    ([, attributes = '', content = '']) => ({
      name: attribute(attributes, 'name'),
      status: attribute(attributes, 'status'),
      message: unescape(/<system-out>([\s\S]*?)<\/system-out>/.exec(content)?.[1] ?? ''),
    }),
  )
}

/** How many of the suite's checks did not pass by its own count; several checks may be one test of the report. */
export interface SuiteCounts {
  readonly failures: number
  readonly errors: number
  readonly skipped: number
  readonly disabled: number
}

/** Reads these counts, which the report leaves out where they are zero; `undefined` for what is no whole report. */
export function countUnpassed(xml: string): SuiteCounts | undefined {
  const attributes = /<testsuites\b([^>]*)>[\s\S]*<\/testsuites>\s*$/.exec(xml)?.[1]
  if (attributes === undefined) return undefined
  const count = (name: string) => Number(new RegExp(`\\s${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0)
  return {
    failures: count('failures'),
    errors: count('errors'),
    skipped: count('skipped'),
    disabled: count('disabled'),
  }
}

function attribute(attributes: string, name: string): string {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1]
  if (value === undefined) throw new Error(`a test of the report has no ${name}: ${attributes}`)
  return unescape(value)
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function unescape(text: string): string {
  return text.replaceAll(/&(?:#x([0-9A-Fa-f]+)|#(\d+)|(\w+));/g, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex as string, 16))
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    return entities[name as string] ?? whole
  })
}
