// A registry in a process of its own, for tests that kill it: node serve-folder.ts <folder>
import process from 'node:process'
import { startRegistry } from '../registry/start-registry.ts'

const registry = await startRegistry({ directory: process.argv[2] })
process.stdout.write(`${registry.url}\n`)
