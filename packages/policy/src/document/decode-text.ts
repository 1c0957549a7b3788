import { invalidDocument } from './open-yaml.ts'

/**
 * The text of a document's bytes, exactly.
 *
 * @throws {PolicyError} `POLICY_INVALID` when they are not UTF-8.
 */
export function decodeText(document: string | Uint8Array, source: string): string {
  if (typeof document === 'string') return document
  try {
    // A mark at the start is part of the text, as in the file.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(document)
  } catch {
    throw invalidDocument(source, [{ line: 1, column: 1, path: '', message: 'the text is not UTF-8' }])
  }
}
