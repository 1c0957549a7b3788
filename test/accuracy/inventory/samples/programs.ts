import { readFile } from 'node:fs/promises'
import { requireTool } from '@sallyport/test-tools'
import type { Sample } from './sample.ts'

/** Programs in Go, stripped and built with `-trimpath`, with a hundred modules each. */
const programs = ['crane', 'olareg', 'oras', 'regctl']

/** An image with real programs in Go. */
export async function programSample(): Promise<Sample> {
  const files: Record<string, { content: Uint8Array; mode: number }> = {}
  for (const name of programs) {
    files[`usr/local/bin/${name}`] = { content: await readFile(requireTool(name)), mode: 0o755 }
  }
  return { name: 'programs in Go', files }
}
