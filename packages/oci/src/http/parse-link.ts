import { OciError } from '../errors.ts'
import { printable } from '../internal/printable.ts'

/**
 * The page after this one, from the `Link` fields of an answer (RFC 8288). It must lie at the same origin: the request
 * for it carries credentials.
 *
 * @throws {OciError} `REGISTRY_ERROR` when a field is malformed or leads elsewhere.
 */
export function nextPage(fields: readonly string[], answered: URL): URL | undefined {
  for (const field of fields) {
    for (const { target, rel } of parseLinks(field)) {
      if (!rel.toLowerCase().split(/\s+/).includes('next')) continue
      const next =
        target !== '' && URL.canParse(target, answered.href) ? new URL(target, answered) : undefined
      if (
        next === undefined ||
        next.origin !== answered.origin ||
        next.username !== '' ||
        next.password !== ''
      ) {
        throw malformed(`the next page leads elsewhere: ${printable(target, 100)}`)
      }
      return next
    }
  }
  return undefined
}

function* parseLinks(field: string): Generator<{ readonly target: string; readonly rel: string }> {
  const pattern =
    /[\s,]*<([^<>]*)>((?:\s*;\s*[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]+))?)*)\s*(?:,|$)/y
  while (pattern.lastIndex < field.length) {
    const from = pattern.lastIndex
    const match = pattern.exec(field)
    if (match === null) {
      if (/^[\s,]*$/.test(field.slice(from))) return
      throw malformed('not a Link field')
    }
    const [, target = '', params = ''] = match
    const rel = /;\s*rel\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+))/i.exec(params)
    yield { target, rel: rel?.[1] ?? rel?.[2] ?? '' }
  }
}

function malformed(reason: string): OciError {
  return new OciError('REGISTRY_ERROR', `the registry's Link field can't be followed: ${reason}`)
}
