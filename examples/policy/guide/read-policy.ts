import { readFile } from 'node:fs/promises'
import { parsePolicy, type Policy, PolicyError } from '@sallyport/policy'

/** Reads a policy; of one that has faults, tells where they are. */
export async function readPolicy(file: string): Promise<Policy> {
  const text = await readFile(file, 'utf8')
  try {
    return parsePolicy(text, { source: file })
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    for (const { line, column, message } of error.issues)
      console.error(`${file}:${line}:${column}: ${message}`)
    throw error
  }
}
