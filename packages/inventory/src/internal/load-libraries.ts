import { createRequire } from 'node:module'
import type * as Spdx from '@cyclonedx/cyclonedx-library/SPDX'
import type * as PackageUrl from 'packageurl-js'

// Loaded when they are first needed, and synchronously, since parsing is: who imports this package may parse nothing, or
// later. Node remembers what it has loaded.
// Load before the `try` of what may not parse: that a library is missing must not read as a text that is wrong.
const require = createRequire(import.meta.url)

export const loadPackageUrl = (): typeof PackageUrl => require('packageurl-js')
export const loadSpdx = (): typeof Spdx => require('@cyclonedx/cyclonedx-library/SPDX')
