import { createRequire } from 'node:module'
import type * as Ciphers from '@noble/ciphers/salsa.js'
import type * as Edwards from '@noble/curves/abstract/edwards.js'
import type * as Ed25519 from '@noble/curves/ed25519.js'
import type * as NistCurves from '@noble/curves/nist.js'
import type * as Bundle from '@sigstore/bundle'
import type * as Core from '@sigstore/core'
import type * as ProtobufSpecs from '@sigstore/protobuf-specs'
import type * as Verify from '@sigstore/verify'
import type * as Patterns from 're2js'

// Loaded when they are first needed, and synchronously, since verification is: they were most of the time that an import
// of this package took, and who imports it may verify nothing, or later. Node remembers what it has loaded.
// Load before the `try` of what may not parse: that a library is missing must not read as a text that is wrong.
const require = createRequire(import.meta.url)

export const loadCiphers = (): typeof Ciphers => require('@noble/ciphers/salsa.js')
export const loadEdwards = (): typeof Edwards => require('@noble/curves/abstract/edwards.js')
export const loadEd25519 = (): typeof Ed25519 => require('@noble/curves/ed25519.js')
export const loadNistCurves = (): typeof NistCurves => require('@noble/curves/nist.js')
export const loadBundle = (): typeof Bundle => require('@sigstore/bundle')
export const loadCore = (): typeof Core => require('@sigstore/core')
export const loadProtobufSpecs = (): typeof ProtobufSpecs => require('@sigstore/protobuf-specs')
export const loadVerify = (): typeof Verify => require('@sigstore/verify')
export const loadPatterns = (): typeof Patterns => require('re2js')
