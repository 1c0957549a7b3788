import { getAttributeSync, listAttributesSync } from '@napi-rs/xattr'
import type { AttributeReader } from '../ports/attribute-reader.ts'

/** Reads extended attributes by system calls: Node itself has none for it. */
export const nativeAttributes: AttributeReader = {
  list(path) {
    try {
      return listAttributesSync(path)
    } catch (error) {
      // EOPNOTSUPP, which comes as text only: where there can be none, there is none.
      return error instanceof Error && error.message.includes('(os error 95)') ? [] : undefined
    }
  },
  get(path, name) {
    try {
      return getAttributeSync(path, name) ?? undefined
    } catch {
      return undefined
    }
  },
}
