/** A value of `verifiedLevels`, taken apart (SLSA, verification summary, "SlsaResult"). */
export type SlsaResult =
  | { readonly kind: 'level'; readonly track: string; readonly level: number }
  /** The verifier makes no claim about the track. */
  | { readonly kind: 'unevaluated'; readonly track: string }
  /** A property or a level of somebody's own. */
  | { readonly kind: 'other' }
  /** Begins with `SLSA_`, and SLSA does not define it. */
  | { readonly kind: 'undefined' }

// https://slsa.dev/spec/v1.2/verified-properties
const properties = new Set(['SLSA_SOURCE_TWO_PARTY_REVIEWED', 'SLSA_BUILD_REPRODUCED'])
const highest: Readonly<Record<string, number>> = { BUILD: 3, SOURCE: 4 }

/** Takes a value of `verifiedLevels` apart. */
export function parseSlsaResult(value: string): SlsaResult {
  if (!value.startsWith('SLSA_') || properties.has(value)) return { kind: 'other' }
  const [, track, level] = /^SLSA_([A-Z]+(?:_[A-Z]+)*)_LEVEL_(\d|UNEVALUATED)$/.exec(value) ?? []
  if (track === undefined || level === undefined) return { kind: 'undefined' }
  if (level === 'UNEVALUATED') return { kind: 'unevaluated', track }
  // Tracks that are drafts still have no highest level.
  if (Number(level) > (highest[track] ?? 9)) return { kind: 'undefined' }
  return { kind: 'level', track, level: Number(level) }
}

/**
 * Whether one of the values is the required one, or a higher level of the same track: each level implies those below.
 * Never for what begins with `SLSA_` and is not defined there.
 */
export function satisfiesLevel(values: readonly string[], required: string): boolean {
  const wanted = parseSlsaResult(required)
  // What a verifier means by a level that SLSA does not define, nobody can say.
  if (wanted.kind === 'undefined') return false
  if (wanted.kind !== 'level') return values.includes(required)
  return values.map(parseSlsaResult).some((found) => {
    return found.kind === 'level' && found.track === wanted.track && found.level >= wanted.level
  })
}

/** The first track that has more than one value, which leaves open what was verified; `undefined` when none has. */
export function findRepeatedTrack(values: readonly string[]): string | undefined {
  const seen = new Set<string>()
  for (const value of values) {
    const parsed = parseSlsaResult(value)
    if (parsed.kind !== 'level' && parsed.kind !== 'unevaluated') continue
    if (seen.has(parsed.track)) return parsed.track
    seen.add(parsed.track)
  }
  return undefined
}
