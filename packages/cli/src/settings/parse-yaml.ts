import { parseDocument } from 'yaml'

/** What a text of YAML or JSON holds, or what is wrong with it. */
export type ParsedYaml =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string }

/** Reads YAML strictly: each key once and as a text, and no aliases, which can make much of little. */
export function parseYaml(text: string): ParsedYaml {
  const document = parseDocument(text, { uniqueKeys: true, stringKeys: true, logLevel: 'error' })
  const [fault] = document.errors
  if (fault) return { ok: false, reason: fault.message.split('\n')[0] ?? 'no YAML' }
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: 0 }) }
  } catch {
    return { ok: false, reason: 'aliases are not taken' }
  }
}
