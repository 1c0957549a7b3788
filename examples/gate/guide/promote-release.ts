import type { Gate } from '@sallyport/gate'

/** Releases all parts of a version together; resolves with what keeps it, or nothing when every tag moved. */
export async function promoteRelease(
  gate: Gate,
  version: string,
  parts: readonly string[],
  [build, production]: readonly [string, string],
): Promise<readonly string[]> {
  const { members } = await gate.release(
    version,
    parts.map((part) => ({
      from: `${build}/${part}:${version}`,
      to: `${production}/${part}:${version}`,
      tier: 'prod',
    })),
  )
  return members.flatMap((member, index) => {
    if (member.verdict === 'pass') return []
    const why = member.verdict === 'error' ? member.error.code : member.quarantine.nextSteps.join('; ')
    return [`${parts[index]}: ${why}`]
  })
}
