import { writeFile } from 'node:fs/promises'
import process from 'node:process'
import {
  describeHardening,
  type DescribeHardeningInput,
  type HardenDocument,
  renderMarkdown,
  renderTree,
} from '@sallyport/harden/report'

/** Writes what was done as JSON and Markdown, and shows it in the terminal. */
export async function writeReports(input: DescribeHardeningInput): Promise<HardenDocument> {
  const document = describeHardening(input)
  await writeFile('hardening.json', JSON.stringify(document))
  await writeFile('hardening.md', renderMarkdown(document))
  process.stdout.write(renderTree(document, { color: process.stdout.isTTY }))
  return document
}
