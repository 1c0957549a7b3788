import { readFile } from 'node:fs/promises'
import { type AppliedIgnoreRules, applyIgnoreRules, type MergedScan } from '@sallyport/scan'
import { parseGrypeIgnore, parseTrivyIgnore } from '@sallyport/scan/ignore'

/** Applies the ignore files that a team has for Trivy and Grype, with the meaning that they have there. */
export async function importIgnores(scan: MergedScan, owner: string, now: Date): Promise<AppliedIgnoreRules> {
  const trivy = parseTrivyIgnore(await readFile('.trivyignore', 'utf8'), { source: '.trivyignore' })
  const grype = parseGrypeIgnore(await readFile('.grype.yaml', 'utf8'), { source: '.grype.yaml' })
  for (const warning of [...trivy.warnings, ...grype.warnings]) console.warn(warning)
  const applied = applyIgnoreRules(scan, { rules: [...trivy.rules, ...grype.rules], now, owner })
  for (const { source, name } of applied.expired) console.warn(`${source}: ${name} has expired`)
  for (const { source, name } of applied.unused) console.warn(`${source}: ${name} ignores nothing`)
  return applied
}
