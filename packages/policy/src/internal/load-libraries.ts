import { createRequire } from 'node:module'
import type * as Cel from '@marcbachmann/cel-js'
import type * as PackageUrl from 'packageurl-js'
import type * as Patterns from 're2js'
import type parseSpdx from 'spdx-expression-parse'
import type * as Yaml from 'yaml'

// Loaded when they are first needed, and synchronously, since reading and judging are: who imports this package may do
// neither, or later. Node remembers what it has loaded.
// Load before the `try` of what may not parse: that a library is missing must not read as a text that is wrong.
const require = createRequire(import.meta.url)

export const loadCel = (): typeof Cel => require('@marcbachmann/cel-js')
export const loadPackageUrl = (): typeof PackageUrl => require('packageurl-js')
export const loadPatterns = (): typeof Patterns => require('re2js')
export const loadSpdxParser = (): typeof parseSpdx => require('spdx-expression-parse')
export const loadYaml = (): typeof Yaml => require('yaml')
