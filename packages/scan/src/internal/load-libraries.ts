import { createRequire } from 'node:module'
import type * as Pep440 from '@renovatebot/pep440'
import type cvss from 'ae-cvss-calculator'
import type * as PackageUrl from 'packageurl-js'
import type * as Patterns from 're2js'
import type * as Yaml from 'yaml'

// Loaded when they are first needed, and synchronously, since matching and reading are: who imports this package may do
// neither, or later. Node remembers what it has loaded.
// Load before the `try` of what may not parse: that a library is missing must not read as a text that is wrong.
const require = createRequire(import.meta.url)

export const loadCvss = (): typeof cvss => require('ae-cvss-calculator')
export const loadPackageUrl = (): typeof PackageUrl => require('packageurl-js')
export const loadPatterns = (): typeof Patterns => require('re2js')
export const loadPep440 = (): typeof Pep440 => require('@renovatebot/pep440')
export const loadYaml = (): typeof Yaml => require('yaml')
