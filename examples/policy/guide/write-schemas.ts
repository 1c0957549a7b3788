import { writeFile } from 'node:fs/promises'
import { policyJsonSchema, waiversJsonSchema } from '@sallyport/policy'

/** Writes the JSON Schemas for editors: `# yaml-language-server: $schema=policy.schema.json`. */
export async function writeSchemas(): Promise<void> {
  await writeFile('policy.schema.json', JSON.stringify(policyJsonSchema()))
  await writeFile('waivers.schema.json', JSON.stringify(waiversJsonSchema()))
}
