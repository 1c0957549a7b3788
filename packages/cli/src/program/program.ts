/** A TypeScript program while it is put together. */
export class Program {
  readonly #imports = new Map<string, Set<string>>()
  readonly #lines: string[] = []

  /** Imports names; a type is written `type Name`. */
  use(module: string, ...names: readonly string[]): this {
    const known = this.#imports.get(module) ?? new Set()
    for (const name of names) known.add(name)
    this.#imports.set(module, known)
    return this
  }

  line(...lines: readonly string[]): this {
    this.#lines.push(...lines)
    return this
  }

  /** The text of the program. */
  toString(): string {
    const imports = [...this.#imports]
      .toSorted(([one], [other]) => order(one, other))
      .map(([module, names]) => `import { ${[...names].toSorted(order).join(', ')} } from '${module}'`)
    return `${[...imports, '', ...this.#lines].join('\n')}\n`
  }
}

const order = (one: string, other: string) => (one < other ? -1 : 1)

/** A value as a literal of TypeScript; `undefined` fields are left out. */
export function literal(value: unknown): string {
  if (typeof value === 'string')
    return `'${JSON.stringify(value)
      .slice(1, -1)
      .replaceAll(String.raw`\"`, '"')
      .replaceAll("'", String.raw`\'`)}'`
  if (value instanceof Code) return value.text
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined)
    return fields.length === 0
      ? '{}'
      : `{ ${fields.map(([key, field]) => `${keyOf(key)}: ${literal(field)}`).join(', ')} }`
  }
  return String(value)
}

/** Code within a literal. */
export class Code {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

const keyOf = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : literal(key))
