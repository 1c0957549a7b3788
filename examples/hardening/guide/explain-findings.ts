import { readFile } from 'node:fs/promises'
import { explainFinding, parseHardenDocument } from '@sallyport/harden/report'

/** Why a finding is still there, and what would let it go, from a report that was stored. */
export async function explainFindings(file: string, id: string): Promise<readonly string[]> {
  const { kept } = parseHardenDocument(await readFile(file, 'utf8'))
  return kept.filter((finding) => finding.id === id).map(explainFinding)
}
