import { createRequire } from 'node:module'
import type { AttributeReader } from '../ports/attribute-reader.ts'

type Native = typeof import('@napi-rs/xattr')
let loaded: Native | undefined

/** A machine that the library has no binary for loads everything else; its attributes can't be read, which is told. */
const native = (): Native => (loaded ??= createRequire(import.meta.url)('@napi-rs/xattr') as Native)

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
