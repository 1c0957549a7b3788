import { createRequire } from 'node:module'
import type * as Native from '@napi-rs/xattr'
import type { AttributeReader } from '../ports/attribute-reader.ts'

let loaded: typeof Native | undefined

/** A machine that the library has no binary for loads everything else; its attributes can't be read, which is told. */
const native = () => (loaded ??= createRequire(import.meta.url)('@napi-rs/xattr') as typeof Native)

/** Reads extended attributes by system calls: Node itself has none for it. */
export const nativeAttributes: AttributeReader = {
  list(path) {
    try {
      return native().listAttributesSync(path)
    } catch (error) {
      // EOPNOTSUPP, which comes as text only: where there can be none, there is none.
      return error instanceof Error && error.message.includes('(os error 95)') ? [] : undefined
    }
  },
  get(path, name) {
    try {
      return native().getAttributeSync(path, name) ?? undefined
    } catch {
      return undefined
    }
  },
}
