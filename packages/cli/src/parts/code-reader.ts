import { literal, type Program } from '../program/program.ts'

/**
 * Lines that read a file of the command line's own form in a program: keys are files next to it, and spans of time are
 * texts. Afterwards `read(value)` gives it in the form of the packages, and `written` is what stands there.
 */
export function codeReader(program: Program, file: string): void {
  program.use('node:fs/promises', 'readFile').use('node:path', 'dirname', 'resolve').use('yaml', 'parse')
  program.line(
    `const file = ${literal(file)}`,
    'const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }',
    `const spanOf = (text: string) => Number.parseInt(text, 10) * (units[text.replace(/^[0-9]+/, '')] ?? Number.NaN)`,
    `const keyOf = async (key: string) => (key.includes('-----BEGIN') ? key : readFile(resolve(dirname(file), key), 'utf8'))`,
    'async function read(value: unknown): Promise<unknown> {',
    '  if (Array.isArray(value)) return Promise.all(value.map(read))',
    `  if (typeof value !== 'object' || value === null) return value`,
    '  const fields = Object.entries(value).map(async ([key, field]): Promise<[string, unknown]> => {',
    `    if (key === 'maxAge' || key === 'decisionMaxAge') return [\`\${key}Ms\`, spanOf(String(field))]`,
    `    if (key === 'keys') return [key, await Promise.all((field as string[]).map(keyOf))]`,
    '    return [key, await read(field)]',
    '  })',
    '  return Object.fromEntries(await Promise.all(fields))',
    '}',
    `const written = parse(await readFile(file, 'utf8')) as Readonly<Record<string, unknown>>`,
  )
}
