import { printable } from '../internal/printable.ts'

/** A registry's word to its users, such as that it will be shut down. Nothing is done about it. */
export interface RegistryWarning {
  /** Host with its port. */
  readonly host: string
  /** Fit for printing, at most 300 characters. */
  readonly text: string
}

/** Reports warnings of answers, each text of a host once, up to 100 of a host. */
export interface WarningReporter {
  report(host: string, fields: readonly string[]): void
}

/** A registry with ever new warnings must neither fill the memory nor silence those of others. */
const maxTexts = 100
const maxHosts = 1000
const warningPattern = /(?:^|,)\s*299 [^\s"]+ "((?:[^"\\]|\\.)*)"/g
const maxFieldLength = 8 * 1024

/** Reads `Warning: 299 - "text"` fields (OCI distribution specification, "Warnings"); other codes are passed over. */
export function parseWarnings(fields: readonly string[]): readonly string[] {
  return fields.flatMap((field) =>
    [...field.slice(0, maxFieldLength).matchAll(warningPattern)].map(([, text = '']) =>
      printable(text.replace(/\\(.)/g, '$1')),
    ),
  )
}

/** Creates a reporter; what `onWarning` throws is dropped, so that it can't break a transfer. */
export function createWarningReporter(
  onWarning: ((warning: RegistryWarning) => void) | undefined,
): WarningReporter {
  const known = new Map<string, Set<string>>()
  const textsOf = (host: string): Set<string> => {
    const texts = known.get(host) ?? new Set()
    if (!known.has(host) && known.size >= maxHosts) known.delete([...known.keys()][0] ?? '')
    known.set(host, texts)
    return texts
  }
  return {
    report(host, fields) {
      if (onWarning === undefined || fields.length === 0) return
      const texts = textsOf(host)
      for (const text of parseWarnings(fields)) {
        if (text === '' || texts.has(text) || texts.size >= maxTexts) continue
        texts.add(text)
        try {
          onWarning({ host, text })
        } catch {
          // See above.
        }
      }
    },
  }
}
