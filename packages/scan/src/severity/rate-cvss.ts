import type { Severity } from '../finding.ts'
import { loadCvss } from '../internal/load-libraries.ts'

/** Base score of a CVSS vector and the level that the CVSS specification gives to it. */
export interface CvssRating {
  /** Base score, 0 to 10. */
  readonly score: number
  /** The level that the score means. */
  readonly level: Severity
}

/**
 * Scores a CVSS vector of version 2.0, 3.0, 3.1 or 4.0; `undefined` when it is none or lacks base metrics. Version 2
 * has no official levels, so those of the NVD count for it (7.0 and more is high).
 */
export function rateCvss(vector: string): CvssRating | undefined {
  if (vector.length > 512) return undefined
  const cvss = loadCvss()
  let parsed: ReturnType<typeof cvss.fromVector>
  try {
    parsed = cvss.fromVector(vector)
  } catch {
    return undefined
  }
  if (parsed === null || !parsed.isBaseFullyDefined()) return undefined
  const { base } = parsed.calculateScores()
  if (typeof base !== 'number' || Number.isNaN(base)) return undefined
  return { score: base, level: levelOfScore(base, vector.startsWith('CVSS:')) }
}

/** Qualitative level of a base score (CVSS 3.1, section 5); without `hasCritical`, the NVD's scale for version 2. */
export function levelOfScore(score: number, hasCritical = true): Severity {
  if (score <= 0) return 'negligible'
  if (score < 4) return 'low'
  if (score < 7) return 'medium'
  return score < 9 || !hasCritical ? 'high' : 'critical'
}
