/** Values of environment markers that are known; all others stay unknown. */
export type MarkerEnvironment = ReadonlyMap<string, string>

type Token = { readonly kind: 'word' | 'text' | 'operator'; readonly value: string }

const tokenText = /\s*(?:([A-Za-z_.]+)|"([^"]*)"|'([^']*)'|(===|==|~=|!=|<=|>=|<|>|\(|\)))/y
const maxTokens = 200

/**
 * Whether an environment marker holds (PyPA specification, "Dependency specifiers"): `undefined` when that depends on
 * what is not known, or when the marker is none.
 */
export function evaluateMarker(marker: string, environment: MarkerEnvironment): boolean | undefined {
  const tokens = tokenize(marker)
  if (tokens === undefined) return undefined
  let at = 0
  const isNext = (value: string) => tokens[at]?.kind !== 'text' && tokens[at]?.value === value
  const either = (): boolean | undefined => {
    let result = both()
    while (isNext('or')) {
      at++
      const other = both()
      result = result === true || other === true ? true : result === false ? other : undefined
    }
    return result
  }
  const both = (): boolean | undefined => {
    let result = one()
    while (isNext('and')) {
      at++
      const other = one()
      result = result === false || other === false ? false : result === true ? other : undefined
    }
    return result
  }
  const one = (): boolean | undefined => {
    if (isNext('(')) {
      at++
      const result = either()
      if (!isNext(')')) throw new SyntaxError('expected )')
      at++
      return result
    }
    const left = tokens[at++]
    let operator = tokens[at++]?.value
    if (operator === 'not') operator = `not ${tokens[at++]?.value}`
    const right = tokens[at++]
    if (!left || !right || operator === undefined) throw new SyntaxError('unexpected end')
    return compare(left, operator, right, environment)
  }
  try {
    const result = either()
    return at === tokens.length ? result : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function tokenize(marker: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  const text = marker.trimEnd()
  tokenText.lastIndex = 0
  while (tokenText.lastIndex < text.length) {
    const match = tokenText.exec(text)
    if (!match || tokens.length === maxTokens) return undefined
    const [, word, double, single, operator] = match
    if (word !== undefined) tokens.push({ kind: 'word', value: word })
    else if (operator !== undefined) tokens.push({ kind: 'operator', value: operator })
    else tokens.push({ kind: 'text', value: double ?? single ?? '' })
  }
  return tokens
}

function compare(
  left: Token,
  operator: string,
  right: Token,
  environment: MarkerEnvironment,
): boolean | undefined {
  const name = left.kind === 'word' ? left.value : right.kind === 'word' ? right.value : ''
  const one = left.kind === 'word' ? environment.get(left.value) : left.value
  const other = right.kind === 'word' ? environment.get(right.value) : right.value
  if (one === undefined || other === undefined) return undefined
  if (name === 'python_version') return compareReleases(one, operator, other)
  switch (operator) {
    case '==':
      return one === other
    case '!=':
      return one !== other
    case 'in':
      return other.includes(one)
    case 'not in':
      return !other.includes(one)
    default:
      return undefined
  }
}

/** Compares plain releases such as `3.11`; what else a version can be stays unknown. */
function compareReleases(one: string, operator: string, other: string): boolean | undefined {
  const isPlain = (text: string) => /^\d{1,6}(?:\.\d{1,6}){0,4}$/.test(text)
  if (!isPlain(one) || !isPlain(other)) return undefined
  const left = one.split('.').map(Number)
  const right = other.split('.').map(Number)
  let order = 0
  for (let index = 0; order === 0 && index < 5; index++) order = (left[index] ?? 0) - (right[index] ?? 0)
  switch (operator) {
    case '==':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    default:
      return undefined
  }
}
