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

/** How many tests the report says that it holds. */
export function countJunit(xml: string): number {
  return Number(/<testsuites\b[^>]*\btests="(\d+)"/.exec(xml)?.[1])
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
