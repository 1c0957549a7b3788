import { createRequire } from 'node:module'
import type * as PackageUrl from 'packageurl-js'

const require = createRequire(import.meta.url)

/** Loaded when the first purl is parsed, and synchronously, since parsing is. Node remembers what it has loaded. */
export const loadPackageUrl = (): typeof PackageUrl => require('packageurl-js')
