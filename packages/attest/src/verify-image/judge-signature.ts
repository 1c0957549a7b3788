import { isAbout } from '../statement/is-about.ts'
import type { EvidenceRequirement } from './compiled-requirement.ts'
import type { SignatureRequirement } from './requirement.ts'

/** Judges a signature by the annotations and repository that were signed with it. */
export function judgeSignature({
  annotations = {},
  expectReference,
}: SignatureRequirement): EvidenceRequirement['judge'] {
  return ({ statement }, accepted, { subject }) => {
    const about = statement.subject.filter(({ digest }) =>
      isAbout({ ...statement, subject: [{ digest }] }, subject),
    )
    for (const [name, value] of Object.entries(annotations)) {
      const signed = about.find(({ annotations: all = {} }) => Object.hasOwn(all, name))?.annotations?.[name]
      if (signed !== value) {
        return {
          code: 'annotation-mismatch',
          message: `the annotation ${JSON.stringify(name)} is ${signed === undefined ? 'not signed' : JSON.stringify(signed)}, it must be ${JSON.stringify(value)}`,
        }
      }
    }
    if (expectReference === undefined || about.some(({ name = '' }) => isIn(name, expectReference))) {
      return accepted
    }
    const named = about.map(({ name }) => name).filter((name) => name !== undefined)
    return {
      code: 'reference-mismatch',
      message: `it must be for ${expectReference}, and is ${named.length === 0 ? 'for no repository that it names' : `for ${named.join(', ')}`}`,
    }
  }
}

/** Whether a reference is one in the repository: it alone, or with a tag or digest. */
function isIn(reference: string, repository: string): boolean {
  if (!reference.startsWith(repository)) return false
  return /^(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]+)?$/.test(reference.slice(repository.length))
}
