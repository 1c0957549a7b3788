import { printable } from '../internal/printable.ts'

/** A registry's word to its users, such as that it will be shut down. Nothing is done about it. */
export interface RegistryWarning {
  /** Host with its port. */
  readonly host: string
  /** Fit for printing, at most 300 characters. */
  readonly text: string
}

/** Reports warnings of answers, each text of a host once. */
export interface WarningReporter {
  report(host: string, fields: readonly string[]): void
}

/** A registry with ever new warnings must not fill the memory. */
const maxRemembered = 1000
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
  const known = new Set<string>()
  return {
    report(host, fields) {
      if (onWarning === undefined || fields.length === 0) return
      for (const text of parseWarnings(fields)) {
        const key = `${host} ${text}`
        if (text === '' || known.has(key) || known.size >= maxRemembered) continue
        known.add(key)
        try {
          onWarning({ host, text })
        } catch {
          // See above.
        }
      }
    },
  }
}
