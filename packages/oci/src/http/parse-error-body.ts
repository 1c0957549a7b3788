import type { RegistryError } from '../errors.ts'
import { printable } from '../internal/printable.ts'

/** One entry of a registry's error list, as sent. */
export interface RegistryErrorEntry {
  readonly code: string
  readonly message?: string | undefined
  readonly detail?: unknown
}

/** What an error answer says. */
export interface RegistryErrorBody {
  readonly errors: readonly RegistryErrorEntry[]
  /** The body, where it holds no error list. */
  readonly bodyText?: string | undefined
}

/** Reads the body of an error answer, which may have any form (OCI distribution specification, "Error Codes"). */
export function parseErrorBody(text: string): RegistryErrorBody {
  const entries = readEntries(text)
  if (entries !== undefined) return { errors: entries }
  return text === '' ? { errors: [] } : { errors: [], bodyText: text }
}

/** One line for a message: codes and texts of the entries, or the beginning of the body. */
export function summarizeErrorBody({ errors, bodyText = '' }: RegistryErrorBody): string {
  if (errors.length === 0)
    return /<html|<!doctype/i.test(bodyText) ? 'an HTML page' : printable(bodyText, 200)
  return printable(
    errors
      .slice(0, 3)
      .map(({ code, message }) => (message ? `${code}: ${message}` : code))
      .join('; '),
  )
}

const maxErrors = 20

/** The entries as they are kept in an error: few, short and fit for printing. `undefined` when there are none. */
export function toRegistryErrors({ errors }: RegistryErrorBody): readonly RegistryError[] | undefined {
  if (errors.length === 0) return undefined
  return errors.slice(0, maxErrors).map(({ code, message = '', detail }) => ({
    code: printable(code, 60),
    message: printable(message),
    ...(detail === undefined || detail === null
      ? {}
      : { detail: printable(typeof detail === 'string' ? detail : JSON.stringify(detail), 500) }),
  }))
}

function readEntries(text: string): RegistryErrorEntry[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    return undefined
  }
  const list =
    typeof value === 'object' && value !== null ? (value as { errors?: unknown }).errors : undefined
  if (!Array.isArray(list)) return undefined
  return list.slice(0, 100).flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return []
    const { code, message, detail } = entry as { code?: unknown; message?: unknown; detail?: unknown }
    if (typeof code !== 'string') return []
    return [
      {
        code,
        ...(typeof message === 'string' ? { message } : {}),
        ...(detail === undefined ? {} : { detail }),
      },
    ]
  })
}
