import process from 'node:process'
import { startRegistry } from '../registry/start-registry.ts'

/** This file as a program: a registry of the folder it is given, which tells its URL and can be killed by a test. */
export const serveFolderProgram: string = import.meta.filename

if (process.argv[1] === serveFolderProgram) {
  const registry = await startRegistry({ directory: process.argv[2] })
  process.stdout.write(`${registry.url}\n`)
}
