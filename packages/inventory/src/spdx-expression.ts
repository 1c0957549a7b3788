import { loadSpdx } from './internal/load-libraries.ts'

const maxLength = 500

/**
 * A text that is an expression of known SPDX licences, else `NOASSERTION`; nothing is guessed (SPDX specification,
 * annex "License expressions").
 */
export function spdxOrUnknown(value: unknown): string {
  if (typeof value !== 'string' || value.length > maxLength) return 'NOASSERTION'
  const words = value.trim().match(/[()]|[^\s()]+/g) ?? []
  return isExpression(words) ? words.join(' ').replaceAll('( ', '(').replaceAll(' )', ')') : 'NOASSERTION'
}

function isExpression(words: readonly string[]): boolean {
  let depth = 0
  let expectsLicense = true
  for (const [index, word] of words.entries()) {
    if (word === '(') {
      if (!expectsLicense) return false
      depth++
    } else if (word === ')') {
      if (expectsLicense || --depth < 0) return false
    } else if (words[index - 1] === 'WITH') {
      if (!/^[A-Za-z0-9.-]+$/.test(word)) return false
      expectsLicense = false
    } else if (expectsLicense) {
      if (!isLicense(word)) return false
      expectsLicense = false
    } else if (word === 'AND' || word === 'OR' || word === 'WITH') {
      if (word === 'WITH' && !isLicense(words[index - 1] ?? '')) return false
      expectsLicense = true
    } else {
      return false
    }
  }
  return words.length > 0 && depth === 0 && !expectsLicense
}

function isLicense(word: string): boolean {
  const withoutPlus: unknown = word.endsWith('+') ? word.slice(0, -1) : word
  return (
    loadSpdx().isSupportedSpdxId(withoutPlus) ||
    /^(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$/.test(word)
  )
}
