import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'

const require = createRequire(import.meta.url)

/** Loaded when YAML is first read or written, and synchronously, since both are. Node remembers what it has loaded. */
export const loadYaml = (): typeof Yaml => require('yaml')
