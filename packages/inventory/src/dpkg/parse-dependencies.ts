import { quote } from '../internal/quote.ts'
import type { DpkgDependency } from '../inventory.ts'

/** Longer ones are hostile: the pattern below takes quadratic time in blanks. */
const maxLength = 512
const alternative =
  /^([a-z0-9][a-z0-9+._-]*)(?::([a-z0-9-]+))?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\))?(?:\s*\[[^\]]*\])?(?:\s*<[^>]*>)*$/i

/**
 * Reads a relationship field such as `Depends` (Debian policy, 7.1): all of the outer list, any one of each inner
 * list.
 *
 * @throws {SyntaxError} when a part has another form.
 */
export function parseDependencies(field: string | undefined): readonly (readonly DpkgDependency[])[] {
  if (!field) return []
  return field
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => part.split('|').map((text) => parseAlternative(text.trim())))
}

function parseAlternative(text: string): DpkgDependency {
  const match = text.length > maxLength ? null : alternative.exec(text)
  if (!match) throw new SyntaxError(`not a relationship: ${quote(text)}`)
  const [, name, arch, operator, version] = match
  return { name: name!, arch, operator: toOperator(operator), version }
}

function toOperator(operator: string | undefined): DpkgDependency['operator'] {
  // `<` and `>` are the obsolete spellings of `<=` and `>=`.
  if (operator === '<') return '<='
  if (operator === '>') return '>='
  return operator as DpkgDependency['operator']
}
